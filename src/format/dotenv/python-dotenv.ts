import type { Dialect } from "./merge.ts";

const controls: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r" };

/**
 * python-dotenv, with its references on, as load_dotenv() reads. Everything is carried.
 *
 * 1. Between double quotes `\\`, `\"`, `\n` and `\r` are escapes (src/dotenv/parser.py, _double_quote_escapes).
 * 2. References are replaced after that, and have no escape. So `${` is written as the default of a variable without a name, `${:-$}`, and
 *    `{` (src/dotenv/variables.py, _posix_variable).
 * 3. A final backslash would hide the closing quote, however it is escaped (src/dotenv/parser.py, _double_quoted_value), so it is written in
 *    the same way.
 */
export const pythonDotenv: Dialect = {
  name: "python-dotenv",
  refusalOf: (name) => (/^[A-Za-z_][\w.-]*$/.test(name) ? undefined : "python-dotenv cannot read this name"),
  write: (value) => {
    const text = value
      .replace(/[\\"\n\r]/g, (character) => controls[character] ?? `\\${character}`) // 1
      .replaceAll("${", () => "${:-$}{") // 2
      .replace(/\\\\$/, () => "${:-\\\\}"); // 3
    return `"${text}"`;
  },
};
