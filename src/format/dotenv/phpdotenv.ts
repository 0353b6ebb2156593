import type { Dialect } from "./merge.ts";

const controls: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r" };

/**
 * vlucas/phpdotenv 5, which Laravel loads `.env` with. Everything is carried.
 *
 * 1. Between double quotes `\\`, `\"`, `\$`, `\n` and `\r` are escapes, and a `$` without a backslash would be replaced
 *    (src/Parser/EntryParser.php, processToken).
 * 2. With its line breaks escaped, an assignment is one line with both its quotes, which is never taken for the start of a value of several
 *    lines (src/Parser/Lines.php, looksLikeMultilineStart).
 */
export const phpdotenv: Dialect = {
  name: "phpdotenv",
  refusalOf: (name) =>
    /^[A-Za-z0-9_.]+$/.test(name)
      ? undefined
      : "phpdotenv cannot read this name, and would read nothing else of the file",
  write: (value) =>
    `"${value.replace(/[\\"$\n\r]/g, (character) => controls[character] ?? `\\${character}`)}"`,
};
