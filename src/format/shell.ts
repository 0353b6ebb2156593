import { bashNames } from "./bash-names.ts";
import { refuseUncarried } from "./refusal.ts";

/**
 * A file to source: `export NAME='value'` (POSIX.1-2024, 2.2.2). Single quotes hold every character but themselves.
 *
 * @throws {StashError} `VALUES_REFUSED` for names that a shell keeps for itself
 */
export function formatShell(variables: ReadonlyMap<string, string>): string {
  refuseUncarried("shell", variables, (name) =>
    bashNames.has(name) ? "a shell keeps this name for itself" : undefined,
  );
  return [...variables].map(([name, value]) => `export ${name}=${quote(value)}\n`).join("");
}

/** A word for a command line that a person copies: quoted only where a shell would read it otherwise. */
export function quoteForShell(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : quote(word);
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
