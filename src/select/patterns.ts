/** What is wrong with a pattern that cannot be compiled. */
export const INVALID_PATTERN = "a [ is not closed, or holds no valid range";

/** A pattern that matched a name: its index among the patterns, and what each of its `*` stood for. */
export interface PatternMatch {
  index: number;
  captures: string[];
}

/** A compiled pattern. */
export interface Glob {
  /** @returns what each `*` stands for, or `undefined` if the text does not match */
  match(text: string): string[] | undefined;
}

/** Whether one character (a UTF-16 code unit) matches. */
type CharacterTest = (character: string) => boolean;

/**
 * Compiles a name pattern (`*`, `?`, `[a-z]`, `[!a-z]`). Of several ways to match, an earlier `*` takes as much as it can.
 *
 * A regular expression would try all ways to divide a text among several `*`, and the service chooses the text. So:
 *
 * 1. Divide the pattern at each `*` into parts of fixed length.
 * 2. The first part must be at the beginning, the last one at the end.
 * 3. Put every other part, from the last to the first, as far to the right as it goes. That leaves most to the earlier `*`, and if a part
 *    has no place then, there is none at all.
 *
 * @returns `undefined` if a `[` is not closed, or holds no valid range
 */
export function compileGlob(pattern: string): Glob | undefined {
  const parts = compileParts(pattern); // 1
  if (parts === undefined) return undefined;
  const [first = [], ...others] = parts;
  const last = others.pop();
  return {
    match: (text) => {
      if (!matchesAt(first, text, 0)) return undefined; // 2
      if (last === undefined) return text.length === first.length ? [] : undefined;
      let end = text.length - last.length;
      if (end < first.length || !matchesAt(last, text, end)) return undefined;
      const captures: string[] = [];
      for (const part of others.toReversed()) {
        const start = findLast(part, text, first.length, end - part.length); // 3
        if (start === undefined) return undefined;
        captures.unshift(text.slice(start + part.length, end));
        end = start;
      }
      return [text.slice(first.length, end), ...captures];
    },
  };
}

const TOKEN = /\*|\?|\[(!?)([^\]]+)\]|[\s\S]/g;

/** @returns the tests of each part between two `*` */
function compileParts(pattern: string): CharacterTest[][] | undefined {
  const parts: CharacterTest[][] = [[]];
  for (const [token, negation, members] of pattern.matchAll(TOKEN)) {
    if (token === "*") parts.push([]);
    else if (token === "?") parts.at(-1)?.push(() => true);
    else if (members !== undefined) {
      const test = compileClass(negation === "!", members);
      if (test === undefined) return undefined;
      parts.at(-1)?.push(test);
    } else if (token === "[") return undefined;
    else parts.at(-1)?.push((character) => character === token);
  }
  return parts;
}

function compileClass(isNegated: boolean, members: string): CharacterTest | undefined {
  try {
    const expression = new RegExp(`^[${isNegated ? "^" : ""}${members.replace(/[\\^[]/g, "\\$&")}]$`, "s");
    return (character) => expression.test(character);
  } catch {
    return undefined; // A range that ends before it begins.
  }
}

function matchesAt(part: readonly CharacterTest[], text: string, start: number): boolean {
  return start + part.length <= text.length && part.every((test, index) => test(text.charAt(start + index)));
}

/** The last place, from `least` to `most`, at which the part matches. */
function findLast(
  part: readonly CharacterTest[],
  text: string,
  least: number,
  most: number,
): number | undefined {
  for (let start = most; start >= least; start -= 1) if (matchesAt(part, text, start)) return start;
  return undefined;
}

/**
 * Matches names against many patterns. Patterns are looked up by the text before their first special character, so that ten thousand of
 * them are not tried one after another on ten thousand names.
 *
 * @returns a function that returns the patterns that a name matches, in their order
 */
export function createNameMatcher(patterns: readonly string[]): (name: string) => PatternMatch[] {
  const byPrefix = new Map<string, { index: number; glob: Glob | undefined }[]>();
  for (const [index, pattern] of patterns.entries()) {
    const prefix = /^[^*?[]*/.exec(pattern)?.[0] ?? "";
    const entry = { index, glob: prefix === pattern ? undefined : compileGlob(pattern) };
    const others = byPrefix.get(prefix);
    if (others === undefined) byPrefix.set(prefix, [entry]);
    else others.push(entry);
  }
  const lengths = new Set([...byPrefix.keys()].map((prefix) => prefix.length));
  return (name) => {
    const matches: PatternMatch[] = [];
    for (const length of lengths) {
      if (length > name.length) continue;
      for (const { index, glob } of byPrefix.get(name.slice(0, length)) ?? []) {
        const captures = glob === undefined && length === name.length ? [] : glob?.match(name);
        if (captures !== undefined) matches.push({ index, captures });
      }
    }
    return matches.sort((a, b) => a.index - b.index);
  };
}
