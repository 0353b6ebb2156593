import { createGramIndex } from "./gram-index.ts";

export interface Match {
  start: number;
  end: number;
}

/** Finds every occurrence of every needle in bytes. */
export interface Matcher {
  /** In the order of their starts. An occurrence inside another one that begins where it does is left out. */
  find(text: Buffer): Match[];
  /** Where the longest tail begins that could become an occurrence; the text's length when there is none. */
  findHeldTail(text: Buffer): number;
}

// One short needle would have every byte looked at for the sake of all of them, so the short ones are looked for by themselves.
const SHORT = 8;

export function createMatcher(needles: Iterable<string | Buffer>): Matcher {
  // Latin-1 gives every byte a character of its own, so that bytes can be compared and sorted as text.
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
