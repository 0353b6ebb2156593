import { bashNames } from "./bash-names.ts";
import { refuseUncarried } from "./refusal.ts";

// Linux starts no process with a longer string in its environment (execve(2), MAX_ARG_STRLEN).
const MOST_EXPORTED = 128 * 1024;

/**
 * Formats a file to source: `export NAME='value'` (POSIX.1-2024, 2.2.2). Single quotes can hold every character but themselves. A value with
 * which the shell could start no command any more, not even to clean up, is set and not exported.
 *
 * @throws {StashError} `VALUES_REFUSED` for names that shells reserve
 */
export function formatShell(variables: ReadonlyMap<string, string>): string {
  refuseUncarried("shell", variables, (name) =>
    bashNames.has(name) ? "shells reserve this name" : undefined,
  );
  return [...variables]
    .map(([name, value]) => {
      const isExported = Buffer.byteLength(`${name}=${value}\0`) <= MOST_EXPORTED;
      return `${isExported ? "export " : ""}${name}=${quote(value)}\n`;
    })
    .join("");
}

/** Quotes a word for a command line that a person copies, if a shell would otherwise read it differently. */
export function quoteForShell(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : quote(word);
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
