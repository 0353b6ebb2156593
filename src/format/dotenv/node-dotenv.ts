import type { Dialect } from "./merge.ts";

/**
 * npm's dotenv 16 to 18 (lib/main.js, LINE and parse).
 *
 * 1. A value stays as it is between quotes of one of three kinds. There is no escape for the quote itself.
 * 2. An assignment of one line without `#` may hold that quote all the same: LINE then takes the rest of the line as unquoted, and parse
 *    removes the outer quotes after that. For `$` in LINE, a line also ends at U+2028 and U+2029.
 * 3. A carriage return outside of escapes is read as a line feed. Between double quotes, and only there, `\n` and `\r` are read as line breaks.
 * 4. A backslash before the closing quote hides it.
 */
export const nodeDotenv: Dialect = {
  name: "node-dotenv",
  refusalOf: (name, value) => {
    if (!/^[\w.-]+$/.test(name) || name === "__proto__") return "npm's dotenv cannot read this name";
    if (value.endsWith("\\"))
      return "ends with a backslash, which npm's dotenv takes for an escape of the closing quote"; // 4
    return writingOf(value) === undefined ? explain(value) : undefined;
  },
  write: (value) => writingOf(value) ?? "",
};

function writingOf(value: string): string | undefined {
  if (!value.includes("\r")) {
    for (const quote of ["'", "`"]) if (canHold(quote, value)) return quote + value + quote; // 1, 2
  }
  const escaped = value.replaceAll("\n", "\\n").replaceAll("\r", "\\r");
  return !/\\[nr]/.test(value) && canHold('"', escaped) ? `"${escaped}"` : undefined; // 3
}

function canHold(quote: string, text: string): boolean {
  return !text.includes(quote) || !/[#\n\u2028\u2029]/.test(text);
}

function explain(value: string): string {
  const escapes = "the text \\n or \\r, which npm's dotenv reads as a line break in double quotes";
  if (value.includes("\r") && /\\[nr]/.test(value)) return `contains a carriage return and ${escapes}`;
  if (/\\[nr]/.test(value)) return `contains a single quote, a backtick and ${escapes}`;
  return "contains # together with all three kinds of quotes, or with a carriage return and a double quote: npm's dotenv has no escape for quotes";
}
