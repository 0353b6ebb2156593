import { createMatcher, type Match } from "./matcher.ts";

/** Hides needles in one stream of bytes. */
export interface Redactor {
  /** @returns what may be shown now, in pieces that are good until the next call: they share memory with `chunk` and with this */
  write(chunk: Buffer): Buffer[];
  /** @returns the rest */
  end(): Buffer[];
  /** Looks for more needles from now on, in what is still held back too. */
  add(needles: Iterable<string | Buffer>): void;
}

const MASK = Buffer.from("***");
const NOTHING = Buffer.alloc(0);

/**
 * Replaces every occurrence of a needle; of those that overlap or touch, all become one `***`. What comes out does not depend on how
 * the input is cut into chunks.
 *
 * 1. What was held back and the new chunk are one text, and all matches in it are found.
 * 2. The longest tail that could still become a match is held back; from the start of a match that reaches into it, if one does. All
 *    before it is shown at once: the text that is left begins with every byte that a later match could need.
 * 3. A match that touches the last mask shown belongs to it.
 */
export function createRedactor(needles: Iterable<string | Buffer>): Redactor {
  const known = [...needles];
  let matcher = createMatcher(known);
  let held = NOTHING;
  let joined = NOTHING; // used again and again: fresh memory for every chunk would take longer than the search
  let endsInMask = false;

  const show = (text: Buffer, matches: readonly Match[], end: number): Buffer[] => {
    const shown: Buffer[] = [];
    let from = 0;
    for (const match of matches) {
      if (match.start >= end) break;
      if (match.start > from) {
        shown.push(text.subarray(from, match.start));
        endsInMask = false;
      }
      if (!endsInMask) shown.push(MASK); // 3
      endsInMask = true;
      from = Math.max(from, match.end);
    }
    if (from < end) {
      shown.push(text.subarray(from, end));
      endsInMask = false;
    }
    return shown;
  };

  const join = (chunk: Buffer): Buffer => {
    const length = held.length + chunk.length;
    if (joined.length < length) joined = Buffer.allocUnsafeSlow(length);
    held.copy(joined);
    chunk.copy(joined, held.length);
    return joined.subarray(0, length);
  };

  return {
    write: (chunk) => {
      const text = held.length === 0 ? chunk : join(chunk); // 1
      const matches = matcher.find(text);
      const tail = matcher.findHeldTail(text); // 2
      const end = matches.reduce(
        (least, match) => (match.start < tail && match.end > tail ? Math.min(least, match.start) : least),
        tail,
      );
      held = Buffer.from(text.subarray(end));
      return show(text, matches, end);
    },
    end: () => {
      const text = held;
      held = NOTHING;
      return show(text, matcher.find(text), text.length);
    },
    add: (more) => {
      known.push(...more);
      matcher = createMatcher(known);
    },
  };
}
