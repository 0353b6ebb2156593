import { bashNames } from "./bash-names.ts";
import { refuseUncarried } from "./refusal.ts";

/**
 * Formats a file to source: `export NAME='value'` (POSIX.1-2024, 2.2.2). Single quotes can hold every character but themselves.
 *
 * @param mostExported bytes of `NAME=value` and its NUL from which a variable is set and not exported
 * @throws {StashError} `VALUES_REFUSED` for names that shells reserve
 */
export function formatShell(
  variables: ReadonlyMap<string, string>,
  mostExported = Number.POSITIVE_INFINITY,
): string {
  refuseUncarried("shell", variables, (name) =>
    bashNames.has(name) ? "shells reserve this name" : undefined,
  );
  return [...variables]
    .map(([name, value]) => {
      const isExported = Buffer.byteLength(`${name}=${value}\0`) <= mostExported;
      // An exported variable of that name would stay exported.
      return `${isExported ? "export " : `unset ${name}; `}${name}=${quote(value)}\n`;
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
