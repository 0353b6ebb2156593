import { createGramIndex } from "./gram-index.ts";

export interface Match {
  start: number;
  end: number;
}

/** Finds every occurrence of every needle in bytes. */
export interface Matcher {
  /** Occurrences in the order of their starts. Of those that begin at the same place, only the longest. */
  find(text: Buffer): Match[];
  /** Where the longest tail begins that could become an occurrence; the length of the text if there is none. */
  findHeldTail(text: Buffer): number;
}

// A single short needle would force every byte to be probed for all of them, so short ones have an index of their own.
const SHORT = 8;

export function createMatcher(needles: Iterable<string | Buffer>): Matcher {
  // Latin-1 maps every byte to one character, so that bytes can be compared and sorted as text.
  const unique = new Set(Array.from(needles, (needle) => Buffer.from(needle as string).toString("latin1")));
  unique.delete("");
  const groups = Object.groupBy(unique, ({ length }) => (length < SHORT ? "short" : "long"));
  const indexes = Object.values(groups).map(createGramIndex);
  return {
    find: (text) => {
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
      return isOrdered ? matches : matches.sort((a, b) => a.start - b.start);
    },
    findHeldTail: (text) =>
      indexes.reduce((from, index) => Math.min(from, index.findHeldTail(text)), text.length),
  };
}
