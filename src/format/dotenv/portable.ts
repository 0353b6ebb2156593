import { bashNames } from "../bash-names.ts";
import type { Dialect } from "./merge.ts";

// There is no single dotenv format. npm's dotenv, vlucas/phpdotenv, python-dotenv, ruby's dotenv, docker compose and a POSIX shell
// (`set -a; . ./.env`) all read exactly the same values from what is written here; docs/env-file.md lists how each of them reads what. No
// two readers share their escapes, so a value is either written between quotes as it is, or refused.

/** The format `dotenv`: what all readers together can read. */
export const portable: Dialect = {
  name: "dotenv",
  refusalOf: (name, value) => unreadableName(name) ?? unreadableValue(value),
  // Single quotes, or double quotes for what those cannot hold: `'`, and line breaks, which phpdotenv reads in double quotes only.
  write: (value) => (needsDoubleQuotes(value) ? `"${value}"` : `'${value}'`),
};

function needsDoubleQuotes(value: string): boolean {
  return /['\n]/.test(value);
}

function unreadableName(name: string): string | undefined {
  if (bashNames.has(name)) return "shells reserve this name";
  if (name === "__proto__") return "npm's dotenv cannot read this name";
  return undefined;
}

/** Explains why no quoting is read correctly by all readers; `undefined` if one is. */
function unreadableValue(value: string): string | undefined {
  if (value.includes("\r"))
    return "contains a carriage return, which npm's dotenv, python-dotenv and ruby's dotenv read as a line feed";
  return needsDoubleQuotes(value) ? unreadableInDoubleQuotes(value) : unreadableInSingleQuotes(value);
}

function unreadableInSingleQuotes(value: string): string | undefined {
  if (/\\(?:\\|$)/.test(value))
    return "contains a doubled or final backslash, which python-dotenv reads as an escape";
  const brace = value.indexOf("${");
  if (brace >= 0 && value.includes("}", brace))
    return "contains a brace after a dollar sign, which python-dotenv expands even in single quotes";
  if (value.includes('="') && value.match(/(?<!\\)"/g)?.length === 1) {
    return 'contains =" without a closing quote, after which phpdotenv ignores the rest of the file';
  }
  return undefined;
}

function unreadableInDoubleQuotes(value: string): string | undefined {
  const beside = "together with a single quote or a line break";
  if (value.includes('"')) return `contains a double quote ${beside}, for which npm's dotenv has no escape`;
  if (value.includes("\\"))
    return `contains a backslash ${beside}, which phpdotenv, python-dotenv and ruby's dotenv read as an escape`;
  if (value.includes("`")) return `contains a backtick ${beside}, which a POSIX shell runs as a command`;
  if (/\$(?![\t\n %&'),./:;<=>\]^|}~+]|$)/.test(value)) {
    return `contains a dollar sign ${beside}, which a POSIX shell, ruby's dotenv and docker compose expand`;
  }
  if (value.includes("\n") && value.endsWith("="))
    return "ends with = after a line break, which phpdotenv 5.4 reads as the start of another value";
  return undefined;
}
