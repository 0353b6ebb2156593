// What the PHP client's `variables push` leaves in a value: the quotes of the line in .env, which it takes as it stands, while the application
// reads the value without them (docs/migration.md).

const SINGLE = /^'([^'\r\n]*)'[ \t]*$/;
const DOUBLE = /^"([\s\S]*)"[ \t]*$/;
const ESCAPES = /\\["\\$fnrtv]/g;
const controls: Readonly<Record<string, string>> = { f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" };

/**
 * Reads a value that is one quoted string as vlucas/phpdotenv reads it after `NAME=`.
 *
 * 1. Between single quotes every character stands for itself, on one line.
 * 2. Between double quotes `\"`, `\\`, `\$` and `\f \n \r \t \v` are escapes. Any other backslash is an error, and so is whatever follows
 *    the closing quote (src/Parser/EntryParser.php, processToken). Lines end with LF (src/Parser/Parser.php, parse).
 * 3. Leave out values that phpdotenv loses because it misses where they end: `="` in single quotes begins a value of several lines, and after
 *    several lines not every closing quote counts (src/Parser/Lines.php, looksLikeMultilineStart and looksLikeMultilineStop).
 *
 * @param protectsReferences writes a `${` that the quotes or a backslash protect as `$${`, which stands for it where references are resolved
 * @returns `undefined` for every other value, and for one that phpdotenv does not read
 */
export function readQuoted(value: string, protectsReferences = false): string | undefined {
  const literalBrace = protectsReferences ? "$${" : "${";
  const single = SINGLE.exec(value)?.[1];
  if (single !== undefined) {
    return isOpened(single) ? undefined : single.replaceAll("${", () => literalBrace); // 1, 3
  }
  const double = DOUBLE.exec(value)?.[1];
  if (double === undefined || isOpen(double) || /["\\]/.test(double.replace(ESCAPES, ""))) return undefined;
  return double
    .replaceAll(/\r\n?/g, "\n")
    .replace(/\\(["\\$fnrtv])(\{?)/g, (_, escaped: string, brace: string) =>
      escaped === "$" && brace !== "" ? literalBrace : (controls[escaped] ?? escaped) + brace,
    ); // 2
}

/** Whether text between single quotes begins a value of several lines: `="` without a second quote that counts. */
function isOpened(text: string): boolean {
  return text.includes('="') && (text.replaceAll("\\\\", "").match(/[^\\]"/g)?.length ?? 0) < 2;
}

/** Whether the last of several lines does not end the value for phpdotenv, although its quote is there. */
function isOpen(text: string): boolean {
  return /[\r\n]/.test(text) && /(=|[\r\n](\\\\)+)$/.test(text);
}
