/** Needles in the order of their bytes, for searches by prefix. */
export interface SortedNeedles {
  readonly count: number;
  readonly shortest: number;
  readonly longest: number;
  /** all needles, one after another */
  readonly bytes: Buffer;
  /** where each one begins in `bytes`, and where the last one ends */
  readonly starts: Int32Array;
  /** The length of the longest needle that occurs in the text at `start`; 0 if there is none. */
  longestAt(text: Buffer, start: number): number;
  /** Whether the rest of the text from `start` is a proper prefix of a needle. */
  continues(text: Buffer, start: number): boolean;
}

// From this length, calling the native comparison pays off.
const NATIVE_FROM = 48;

/** @param needles bytes as Latin-1 text, which sorts like the bytes; none is empty */
export function sortNeedles(needles: readonly string[]): SortedNeedles {
  const ordered = needles.toSorted().filter((needle, index, all) => needle !== all[index - 1]);
  const bytes = Buffer.allocUnsafeSlow(ordered.reduce((sum, { length }) => sum + length, 0));
  const starts = new Int32Array(ordered.length + 1);
  for (const [index, needle] of ordered.entries()) {
    const start = starts[index] as number;
    starts[index + 1] = start + bytes.write(needle, start, "latin1");
  }
  const prefixes = longestPrefixes(ordered);
  const lengths = ordered.map(({ length }) => length);
  const count = ordered.length; // The texts themselves are not kept.

  /** How many bytes of a needle match at `position`. */
  const agreeing = (text: Buffer, position: number, needle: number) => {
    const from = starts[needle] as number;
    const length = Math.min((starts[needle + 1] as number) - from, text.length - position);
    let agreed = 0;
    while (agreed < length && text[position + agreed] === bytes[from + agreed]) {
      agreed += 1;
      if (agreed === NATIVE_FROM && isEqual(text, position, bytes, from, length)) return length;
    }
    return agreed;
  };

  /** How many needles sort before the text from `position`, or are a prefix of it. */
  const countUpTo = (text: Buffer, position: number) => {
    let low = 0;
    let high = count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const agreed = agreeing(text, position, middle);
      const from = starts[middle] as number;
      const isUsedUp = agreed === (starts[middle + 1] as number) - from;
      const isBefore =
        isUsedUp ||
        (position + agreed < text.length &&
          (bytes[from + agreed] as number) < (text[position + agreed] as number));
      if (isBefore) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  const shortest = lengths.reduce((a, b) => Math.min(a, b));
  const longest = lengths.reduce((a, b) => Math.max(a, b));
  return {
    count,
    shortest,
    longest,
    bytes,
    starts,
    longestAt: (text, position) => {
      // A prefix of the text is also a prefix of the last needle that does not sort after it.
      let needle = countUpTo(text, position) - 1;
      while (needle >= 0) {
        const length = (starts[needle + 1] as number) - (starts[needle] as number);
        if (agreeing(text, position, needle) === length) return length;
        needle = prefixes[needle] as number;
      }
      return 0;
    },
    continues: (text, position) => {
      // A needle that continues beyond the end of the text comes right after all that sort before it.
      const needle = countUpTo(text, position);
      return needle < count && agreeing(text, position, needle) === text.length - position;
    },
  };
}

/** For each needle, the longest other one that is a prefix of it; -1 if there is none. */
function longestPrefixes(ordered: readonly string[]): Int32Array {
  const prefixes = new Int32Array(ordered.length);
  const open: number[] = [];
  for (const [index, needle] of ordered.entries()) {
    while (open.length > 0 && !needle.startsWith(ordered[open.at(-1) as number] as string)) open.pop();
    prefixes[index] = open.at(-1) ?? -1;
    open.push(index);
  }
  return prefixes;
}

function isEqual(a: Buffer, aStart: number, b: Buffer, bStart: number, length: number): boolean {
  return a.compare(b, bStart, bStart + length, aStart, aStart + length) === 0;
}
