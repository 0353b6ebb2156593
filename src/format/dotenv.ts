import { printable, StashError } from "../errors.ts";

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
  refuseUnreadable(variables);
  const lineEnding = text.includes("\r\n") ? "\r\n" : "\n";
  const missing = new Set(variables.keys());
  const merged = text.replace(ASSIGNMENT, (line, lead: string, name: string, tail: string) => {
    const value = variables.get(name);
    if (value === undefined) return line;
    missing.delete(name);
    return lead + assignment(name, value) + tail.trimEnd();
  });
  const separator = merged === "" || merged.endsWith("\n") ? "" : lineEnding;
  const appended = [...missing].map((name) => assignment(name, variables.get(name) ?? "") + lineEnding);
  return merged + (appended.length > 0 ? separator : "") + appended.join("");
}

/**
 * An assignment as the readers see one: its lead (a BOM, indentation, `export`), its name, and the comment after its value. Quoted values
 * may span lines; one whose quote does not close at a line's end is taken to the end of its first line. `$` and `m` are of no use here:
 * JavaScript ends lines at U+2028 too.
 */
const ASSIGNMENT =
  /(?<![^\n])(\uFEFF?[ \t]*(?:export[ \t]+)?)([A-Za-z_]\w*)[ \t]*=[ \t]*(?:'[^']*'|"[^"\\]*(?:\\[\s\S][^"\\]*)*"|`[^`]*`|[^\r\n]*?)([ \t]+#[^\r\n]*|[ \t]*)(?=\r?\n|\r?$)/g;

/** Single quotes, or double quotes for what they cannot hold: `'`, and line breaks, which phpdotenv reads in double quotes alone. */
function assignment(name: string, value: string): string {
  const quote = needsDoubleQuotes(value) ? '"' : "'";
  return `${name}=${quote}${value}${quote}`;
}

function needsDoubleQuotes(value: string): boolean {
  return /['\n]/.test(value);
}

function refuseUnreadable(variables: ReadonlyMap<string, string>): void {
  const refused: string[] = [];
  for (const [name, value] of variables) {
    const reason = unreadableName(name) ?? unreadableValue(value);
    if (reason !== undefined) refused.push(`- ${printable(name)}: ${reason}`);
  }
  if (refused.length === 0) return;
  const more = refused.length - 20;
  throw new StashError(
    "VALUES_REFUSED",
    "Nothing was written or exported, because env-file cannot carry these variables so that every dotenv reader gives back what was " +
      `stored:\n${refused.slice(0, 20).join("\n")}${more > 0 ? `\n- and ${more} more` : ""}\n` +
      "Store them in another form (base64, say), add them to ignore, or do without env-file.",
  );
}

// Bash gives these meanings of its own, or makes them read-only (bash(1), Shell Variables).
const bashNames = new Set(
  (
    "_ UID EUID PPID GROUPS RANDOM SRANDOM SECONDS LINENO HISTCMD OPTIND FUNCNAME DIRSTACK PIPESTATUS SHELLOPTS BASHOPTS " +
    "BASHPID BASH_VERSINFO BASH_ARGV0 BASH_ALIASES BASH_CMDS BASH_COMMAND BASH_SUBSHELL EPOCHSECONDS EPOCHREALTIME COMP_WORDBREAKS"
  ).split(" "),
);

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
