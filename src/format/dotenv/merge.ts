import { refuseUncarried } from "../refusal.ts";
import { findAssignments } from "./assignments.ts";

/** What one reader of .env files, or several, can read, and how a value is written for it. */
export interface Dialect {
  /** as messages name it */
  name: string;
  /** Explains why no writing of a variable is read as it was meant; `undefined` if one is. */
  refusalOf(name: string, value: string): string | undefined;
  /** Writes what follows `NAME=`. Called only for what is not refused. */
  write(value: string): string;
}

/**
 * Merges variables into the text of a dotenv file: a name that exists gets its new value wherever it occurs, and the others are appended.
 * Comments, order, line endings and all other lines are kept.
 *
 * @throws {StashError} `VALUES_REFUSED`, which names the variables and, for each, what could not be read
 */
export function mergeDotenv(
  text: string,
  variables: ReadonlyMap<string, string>,
  dialect: Dialect,
  suggest?: () => string,
): string {
  refuseUncarried(dialect.name, variables, dialect.refusalOf, suggest);
  const lineEnding = text.includes("\r\n") ? "\r\n" : "\n";
  const missing = new Set(variables.keys());
  const assignment = (name: string) => `${name}=${dialect.write(variables.get(name) ?? "")}`;
  const parts: string[] = [];
  let from = 0;
  for (const { lead, name, tail, start, end } of findAssignments(text)) {
    if (!variables.has(name)) continue;
    missing.delete(name);
    parts.push(text.slice(from, start), lead, assignment(name), tail);
    from = end;
  }
  parts.push(text.slice(from));
  if (missing.size > 0 && text !== "" && !text.endsWith("\n")) parts.push(lineEnding);
  for (const name of missing) parts.push(assignment(name), lineEnding);
  return parts.join("");
}
