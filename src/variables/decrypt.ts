import { decryptPayload, keyOfDek } from "../crypto/payload.ts";
import { StashError } from "../lib/errors.ts";
import { count, listNames } from "../lib/printable.ts";
import type { LayeredItem } from "../select/layers.ts";
import { createReferenceResolver } from "../select/references.ts";
import type { Choice } from "../select/rules.ts";
import type { EncryptedVariable } from "../stash/variables.ts";

/** Plaintext, held in memory until the process ends. */
export interface Values {
  /** by the names that later steps see */
  variables: Map<string, string>;
  /** values that were not selected, but are part of others by reference */
  referredTo: string[];
}

/**
 * Decrypts the selected variables and, with `resolveReferences`, the variables that they refer to.
 *
 * @param deks by environment
 * @throws {StashError} `VARIABLES_UNDECRYPTABLE`, which names all of them; `REFERENCES_UNRESOLVED`
 */
export function decryptVariables(
  stored: ReadonlyMap<string, LayeredItem<EncryptedVariable>>,
  choices: readonly Choice[],
  deks: ReadonlyMap<string, Uint8Array>,
  resolveReferences: boolean,
): Values {
  const undecryptable = new Set<string>();
  const decrypted = new Set<string>();
  const keys = new Map(Array.from(deks, ([environment, dek]) => [environment, keyOfDek(dek)]));
  const decrypt = (name: string): string | undefined => {
    const found = stored.get(name);
    const dek = keys.get(found?.environment ?? "");
    if (found === undefined || dek === undefined) return undefined;
    const value = decryptPayload(found.item.payload, dek);
    if (value === undefined) undecryptable.add(deks.size > 1 ? `${name} of ${found.environment}` : name);
    decrypted.add(name);
    return value ?? "";
  };
  const valueOfName = resolveReferences
    ? createReferenceResolver(decrypt)
    : (name: string) => decrypt(name) ?? "";
  const variables = new Map(choices.map(({ source, target }) => [target, valueOfName(source)]));
  if (undecryptable.size > 0) throw undecryptableError([...undecryptable], decrypted.size);
  const chosen = new Set(choices.map(({ source }) => source));
  return { variables, referredTo: [...decrypted].filter((name) => !chosen.has(name)).map(valueOfName) };
}

function undecryptableError(names: string[], total: number): StashError {
  return new StashError(
    "VARIABLES_UNDECRYPTABLE",
    `${names.length} of ${count(total, "variable")} cannot be decrypted: ${listNames(names)}. They were probably encrypted before the ` +
      "environment's key was replaced. Push them again with an official client, or leave them out with ignore.",
  );
}
