import { bashNames } from "./bash-names.ts";
import { findAssignments } from "./dotenv-assignments.ts";
import { refuseUncarried } from "./refusal.ts";

// There is no single dotenv format. npm's dotenv, vlucas/phpdotenv, python-dotenv, ruby's dotenv, docker compose and a POSIX shell
// (`set -a; . ./.env`) all read exactly the same values from what is written here; docs/env-file.md lists how each of them reads what. No
// two readers share their escapes, so a value is either written between quotes as it is, or refused.

/**
 * Merges variables into the text of a dotenv file: a name that exists gets its new value wherever it occurs, and the others are appended.
 * Comments, order, line endings and all other lines are kept.
 *
 * @throws {StashError} `VALUES_REFUSED`, which names the variables and, for each, the reader that could not read it
 */
export function mergeDotenv(text: string, variables: ReadonlyMap<string, string>): string {
  refuseUncarried("dotenv", variables, (name, value) => unreadableName(name) ?? unreadableValue(value));
  const lineEnding = text.includes("\r\n") ? "\r\n" : "\n";
  const missing = new Set(variables.keys());
  const parts: string[] = [];
  let from = 0;
  for (const { lead, name, tail, start, end } of findAssignments(text)) {
    const value = variables.get(name);
    if (value === undefined) continue;
    missing.delete(name);
    parts.push(text.slice(from, start), lead, assignment(name, value), tail);
    from = end;
  }
  parts.push(text.slice(from));
  if (missing.size > 0 && text !== "" && !text.endsWith("\n")) parts.push(lineEnding);
  for (const name of missing) parts.push(assignment(name, variables.get(name) ?? ""), lineEnding);
  return parts.join("");
}

/** Writes single quotes, or double quotes for what those cannot hold: `'`, and line breaks, which phpdotenv reads in double quotes only. */
function assignment(name: string, value: string): string {
  const quote = needsDoubleQuotes(value) ? '"' : "'";
  return `${name}=${quote}${value}${quote}`;
}

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
