/**
 * A name pattern as a regular expression that captures what each `*` stands for: `*`, `?`, `[a-z]`, `[!a-z]`.
 *
 * @returns `undefined` when a `[` does not close, or holds no valid range
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

/** Whether a text is a pattern rather than a plain name. */
export function isGlob(text: string): boolean {
  return /[*?[]/.test(text);
}
