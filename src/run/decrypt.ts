import { decryptPayload } from "../crypto/payload.ts";
import { listNames, StashError } from "../errors.ts";
import { isIgnored } from "../select/ignored-names.ts";
import type { EncryptedVariable } from "../stash/variables.ts";

/**
 * Decrypts all variables but the ignored ones.
 *
 * @returns values by name, in the service's order; plaintext, in memory for the rest of the process
 * @throws {StashError} `VARIABLES_AMBIGUOUS`, `VARIABLES_UNDECRYPTABLE`, naming all of them
 */
export function decryptVariables(
  encrypted: readonly EncryptedVariable[],
  ignore: readonly string[],
  dek: Uint8Array,
): Map<string, string> {
  const values = new Map<string, string>();
  const repeated = new Set<string>();
  const undecryptable: string[] = [];
  for (const { name, payload } of encrypted) {
    if (isIgnored(name, ignore)) continue;
    if (values.has(name)) repeated.add(name);
    const value = decryptPayload(payload, dek);
    if (value === undefined) undecryptable.push(name);
    values.set(name, value ?? "");
  }
  if (undecryptable.length > 0) {
    throw new StashError(
      "VARIABLES_UNDECRYPTABLE",
      `${undecryptable.length} of ${values.size} variables cannot be decrypted: ${listNames(undecryptable)}. They were probably ` +
        "encrypted before the environment's key was replaced. Push them again with the official CLI, or add them to ignore.",
    );
  }
  if (repeated.size > 0) {
    throw new StashError(
      "VARIABLES_AMBIGUOUS",
      `The environment holds more than one variable named ${listNames([...repeated])}, and which one counts cannot be told. ` +
        "Delete the surplus ones in SecretStash.",
    );
  }
  return values;
}
