import { trailingRun } from "./line-breaks.ts";
import { createMatcher, type Match, type Matcher } from "./matcher.ts";

/** Hides needles in a stream of bytes. */
export interface Redactor {
  /** @returns what may be shown now, in pieces that are valid until the next call, because they share memory with `chunk` and this object */
  write(chunk: Buffer): Buffer[];
  /** @returns the rest; the next `write` begins another stream */
  end(): Buffer[];
  /** Looks for more needles from now on, also in the text that is still held back. */
  add(needles: Iterable<string | Buffer>): void;
}

const MASK = Buffer.from("***");
const NOTHING = Buffer.alloc(0);

/**
 * Replaces every occurrence of a needle with `***`, and occurrences that overlap or touch with a single one. The output does not depend
 * on how the input is cut into chunks.
 *
 * 1. Join the text that was held back with the new chunk, and find all matches.
 * 2. Hold back the longest tail that could still become a match, or more if a match reaches into it from before. Show everything before
 *    that at once: the remaining text begins with every byte that a later match could need.
 * 3. A match that touches the last mask that was shown belongs to it.
 *
 * @param index an index over the same needles, if there is one already
 */
export function createRedactor(needles: Iterable<string | Buffer>, index?: Matcher): Redactor {
  const known = [...needles];
  let matcher = index ?? createMatcher(known);
  let held = NOTHING;
  let joined = NOTHING; // Reused, because allocating memory for every chunk would take longer than the search.
  let endsInMask = false;
  let run = ""; // of base64 or hex, directly before what is held

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
      const matches = matcher.find(text, run);
      const tail = matcher.findHeldTail(text, run); // 2
      let end = tail;
      for (const match of matches) {
        const { start, end: last } = match.whole ?? match;
        if (start < tail && last > tail) end = Math.min(end, start);
      }
      held = Buffer.from(text.subarray(end));
      run = trailingRun(text.subarray(0, end), run);
      return show(text, matches, end);
    },
    end: () => {
      const shown = show(held, matcher.find(held, run), held.length);
      held = NOTHING;
      run = "";
      endsInMask = false;
      return shown;
    },
    add: (more) => {
      known.push(...more);
      matcher = createMatcher(known);
    },
  };
}
