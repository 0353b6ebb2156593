import { createGramIndex, type GramIndex } from "./gram-index.ts";
import { removeLineBreaks, type Unbroken } from "./line-breaks.ts";

export interface Match {
  start: number;
  end: number;
  /** Of a piece, all of the occurrence, from its first line to its last. */
  whole?: { start: number; end: number };
}

/**
 * Finds every occurrence of every needle in bytes, also where base64 or hex is broken into lines (line-breaks.ts).
 *
 * `before` is the characters of base64 or hex that come directly before the text.
 */
export interface Matcher {
  /** Occurrences in the order of their starts. Of those that begin at the same place, only the longest; of one on several lines, the piece on each. */
  find(text: Buffer, before?: string): Match[];
  /** Where the longest tail begins that could become an occurrence; the length of the text if there is none. */
  findHeldTail(text: Buffer, before?: string): number;
}

// A single short needle would force every byte to be probed for all of them, so short ones have an index of their own.
const SHORT = 8;

/** @param acrossLines whether to search wrapped base64 and hex as well, which takes about as long again */
export function createMatcher(needles: Iterable<string | Buffer>, acrossLines = true): Matcher {
  const groups: Record<"short" | "long", string[]> = { short: [], long: [] };
  for (const needle of needles) {
    const bytes = toLatin1(needle);
    if (bytes !== "") groups[bytes.length < SHORT ? "short" : "long"].push(bytes);
  }
  const [short, long] = [groups.short, groups.long].map((group) =>
    group.length === 0 ? undefined : createGramIndex(group),
  );
  const indexes = [short, long].filter((index) => index !== undefined);
  const broken = acrossLines ? long : undefined; // A few characters can be on two lines by chance.
  let last: { text: Buffer; before: string; unbroken: Unbroken | undefined } | undefined;
  const unbreak = (text: Buffer, before: string) => {
    // Both methods are called with the same text, one after the other.
    if (last?.text !== text || last.before !== before) {
      last = { text, before, unbroken: removeLineBreaks(text, before) };
    }
    return last.unbroken;
  };
  return {
    find: (text, before = "") => {
      const matches: Match[] = [];
      let last = 0;
      let isOrdered = true;
      for (const index of indexes) {
        index.find(text, (start, end) => {
          isOrdered &&= start >= last;
          last = start;
          matches.push({ start, end });
        });
      }
      const unbroken = broken && unbreak(text, before);
      if (broken === undefined || unbroken === undefined) return isOrdered ? matches : inOrder(matches);
      return inOrder([...matches, ...findBroken(broken, unbroken)]);
    },
    findHeldTail: (text, before = "") => {
      const tail = indexes.reduce((from, index) => Math.min(from, index.findHeldTail(text)), text.length);
      const unbroken = broken && unbreak(text, before);
      if (broken === undefined || unbroken === undefined) return tail;
      const at = broken.findHeldTail(unbroken.text);
      const [piece] = unbroken.pieces(at, unbroken.text.length);
      return Math.min(tail, piece?.start ?? text.length);
    },
  };
}

/** Latin-1 maps every byte to one character, so that bytes can be compared and sorted as text. */
function toLatin1(needle: string | Buffer): string {
  if (typeof needle !== "string") return needle.toString("latin1");
  return /[\u0080-\uffff]/.test(needle) ? Buffer.from(needle).toString("latin1") : needle;
}

function findBroken(index: GramIndex, { text, pieces }: Unbroken): Match[] {
  const matches: Match[] = [];
  index.find(text, (start, end) => {
    const found = pieces(start, end);
    const [first] = found;
    const last = found.at(-1);
    if (first === undefined || last === undefined || first === last) return; // What is on one line was found there.
    const whole = { start: first.start, end: last.end };
    for (const piece of found) matches.push({ ...piece, whole });
  });
  return matches;
}

function inOrder(matches: Match[]): Match[] {
  return matches.sort((a, b) => a.start - b.start);
}
