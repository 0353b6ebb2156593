import { bashNames } from "./bash-names.ts";
import { findAssignments } from "./dotenv-assignments.ts";
import { refuseUncarried } from "./refusal.ts";

// There is no one dotenv format. What is written here is read back exactly by npm's dotenv, vlucas/phpdotenv,
// python-dotenv, ruby's dotenv, docker compose and a POSIX shell (`set -a; . ./.env`); docs/env-file.md has the table of
// what each of them makes of what. No reader's escape is another's, so a value stands between quotes as it is, or not at all.

/**
 * Merges variables into the text of a dotenv file: a name that stands there gets its new value wherever it stands, the others
 * are appended. Comments, order, line endings and lines of any other kind stay.
 *
 * @throws {StashError} `VALUES_REFUSED`, naming the variables and, for each, the reader that could not read it
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

/** Single quotes, or double quotes for what they cannot hold: `'`, and line breaks, which phpdotenv reads in double quotes alone. */
function assignment(name: string, value: string): string {
  const quote = needsDoubleQuotes(value) ? '"' : "'";
  return `${name}=${quote}${value}${quote}`;
}

function needsDoubleQuotes(value: string): boolean {
  return /['\n]/.test(value);
}

function unreadableName(name: string): string | undefined {
  if (bashNames.has(name)) return "a shell keeps this name for itself";
  if (name === "__proto__") return "npm's dotenv cannot hold this name";
  return undefined;
}

/** Why no quoting carries a value through all readers; `undefined` when one does. */
function unreadableValue(value: string): string | undefined {
  if (value.includes("\r"))
    return "holds a carriage return, which npm's dotenv, python-dotenv and ruby's dotenv read as a line feed";
  return needsDoubleQuotes(value) ? unreadableInDoubleQuotes(value) : unreadableInSingleQuotes(value);
}

function unreadableInSingleQuotes(value: string): string | undefined {
  if (/\\(?:\\|$)/.test(value))
    return "holds a doubled or final backslash, which python-dotenv takes for an escape";
  const brace = value.indexOf("${");
  if (brace >= 0 && value.includes("}", brace))
    return "holds a brace after a dollar sign, which python-dotenv expands even in single quotes";
  if (value.includes('="') && value.match(/(?<!\\)"/g)?.length === 1) {
    return 'holds =" with no closing quote, after which phpdotenv drops the rest of the file';
  }
  return undefined;
}

function unreadableInDoubleQuotes(value: string): string | undefined {
  const beside = "beside a single quote or a line break";
  if (value.includes('"')) return `holds a double quote ${beside}, for which npm's dotenv has no escape`;
  if (value.includes("\\"))
    return `holds a backslash ${beside}, which phpdotenv, python-dotenv and ruby's dotenv take for an escape`;
  if (value.includes("`")) return `holds a backtick ${beside}, which a POSIX shell runs as a command`;
  if (/\$(?![\t\n %&'),./:;<=>\]^|}~+]|$)/.test(value)) {
    return `holds a dollar sign ${beside}, which a POSIX shell, ruby's dotenv and docker compose expand`;
  }
  if (value.includes("\n") && value.endsWith("="))
    return "ends in = after a line break, which phpdotenv 5.4 reads as the start of another value";
  return undefined;
}
