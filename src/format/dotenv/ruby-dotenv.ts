import type { Dialect } from "./merge.ts";

const ASSIGNMENT_INSIDE = /\n\s*(export\s+)?[\w.]+\s*[=:]/;

/**
 * ruby's dotenv 2 and 3 (lib/dotenv/parser.rb; lib/dotenv/substitutions/variable.rb and command.rb).
 *
 * 1. Between single quotes everything stands for itself. An assignment of one line without `#` may hold a single quote all the same: LINE then
 *    takes the rest of the line as unquoted, and parse_value removes the outer quotes after that.
 * 2. Other values with a single quote go between double quotes, where `\\`, `\"` and `\$` are escapes. Version 2 reads the text `\n` or `\r`
 *    as a line break there although its backslash is escaped.
 * 3. Line breaks of every kind are read as line feeds.
 * 4. A backslash before the closing quote hides it.
 * 5. What is in `$(…)` is run: between double quotes whatever stands before it, and by version 2.4, which Debian 12 has, in every line after
 *    the first, whatever the quotes.
 * 6. The same version takes such lines for variables of their own, and their names have not been checked.
 */
export const rubyDotenv: Dialect = {
  name: "ruby-dotenv",
  refusalOf: (name, value) => {
    if (!/^[\w.]+$/.test(name)) return "ruby's dotenv cannot read this name";
    if (ASSIGNMENT_INSIDE.test(value))
      return "contains a line that looks like an assignment, which version 2.4 of ruby's dotenv takes for one"; // 6
    if (value.includes("\r")) return "contains a carriage return, which ruby's dotenv reads as a line feed"; // 3
    if (value.endsWith("\\"))
      return "ends with a backslash, which ruby's dotenv takes for an escape of the closing quote"; // 4
    const isSafe = isSingleQuoted(value) && !value.includes("\n");
    if (value.includes("$(") && !isSafe)
      return "contains a line break or # with a single quote, and $(, which ruby's dotenv would run"; // 5
    return !isSingleQuoted(value) && /\\[nr]/.test(value)
      ? "contains a single quote, # or a line break, and the text \\n or \\r, which ruby's dotenv 2 reads as a line break"
      : undefined;
  },
  write: (value) => (isSingleQuoted(value) ? `'${value}'` : `"${value.replace(/[\\"$]/g, "\\$&")}"`), // 1, 2
};

function isSingleQuoted(value: string): boolean {
  return !value.includes("'") || !/[#\n]/.test(value);
}
