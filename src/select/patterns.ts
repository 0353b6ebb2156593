/** What is wrong with a pattern that cannot be compiled. */
export const INVALID_PATTERN = "a [ is not closed, or holds no valid range";

/** A pattern that matched a name: its index among the patterns, and what each of its `*` stood for. */
export interface PatternMatch {
  index: number;
  captures: string[];
}

/**
 * Compiles a name pattern (`*`, `?`, `[a-z]`, `[!a-z]`) to a regular expression that captures what each `*` stands for.
 *
 * @returns `undefined` if a `[` is not closed, or holds no valid range
 */
export function compileGlob(pattern: string): RegExp | undefined {
  const source = pattern.replace(
    /\[(!?)([^\]]+)\]|[\\^$.*+?()[\]{}|]/g,
    (token, negation?: string, members?: string) => {
      if (token === "*") return "(.*)";
      if (token === "?") return ".";
      if (members === undefined) return `\\${token}`;
      return `[${negation === "!" ? "^" : ""}${members.replace(/[\\^[]/g, "\\$&")}]`;
    },
  );
  try {
    return /\[(?![^\]]+\])/.test(pattern) ? undefined : new RegExp(`^${source}$`, "s");
  } catch {
    return undefined;
  }
}

/**
 * Matches names against many patterns. Patterns are looked up by the text before their first special character, so that ten thousand of
 * them are not tried one after another on ten thousand names.
 *
 * @returns a function that returns the patterns that a name matches, in their order
 */
export function createNameMatcher(patterns: readonly string[]): (name: string) => PatternMatch[] {
  const byPrefix = new Map<string, { index: number; expression: RegExp | undefined }[]>();
  for (const [index, pattern] of patterns.entries()) {
    const prefix = /^[^*?[]*/.exec(pattern)?.[0] ?? "";
    const entry = { index, expression: prefix === pattern ? undefined : compileGlob(pattern) };
    const others = byPrefix.get(prefix);
    if (others === undefined) byPrefix.set(prefix, [entry]);
    else others.push(entry);
  }
  const lengths = new Set([...byPrefix.keys()].map((prefix) => prefix.length));
  return (name) => {
    const matches: PatternMatch[] = [];
    for (const length of lengths) {
      if (length > name.length) continue;
      for (const { index, expression } of byPrefix.get(name.slice(0, length)) ?? []) {
        const match = expression?.exec(name);
        if (match) matches.push({ index, captures: match.slice(1) });
        else if (expression === undefined && length === name.length) matches.push({ index, captures: [] });
      }
    }
    return matches.sort((a, b) => a.index - b.index);
  };
}
