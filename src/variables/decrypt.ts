import { decryptPayload, keyOfDek } from "../crypto/payload.ts";
import { listNames, StashError } from "../lib/errors.ts";
import type { LayeredItem } from "../select/layers.ts";
import { createReferenceResolver } from "../select/references.ts";
import type { Choice } from "../select/rules.ts";
import type { EncryptedVariable } from "../stash/variables.ts";

/** Plaintext, in memory for the rest of the process. */
export interface Values {
  /** by the names that later steps see */
  variables: Map<string, string>;
  /** values that were not chosen, but stand in others by reference */
  referredTo: string[];
}

/**
 * Decrypts what was chosen and, with `resolveReferences`, what that refers to.
 *
 * @param deks by environment
 * @throws {StashError} `VARIABLES_UNDECRYPTABLE`, naming all of them; `REFERENCES_UNRESOLVED`
 */
export function readValues(
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
  if (undecryptable.size > 0) throw cannotDecrypt([...undecryptable], decrypted.size);
  const chosen = new Set(choices.map(({ source }) => source));
  return { variables, referredTo: [...decrypted].filter((name) => !chosen.has(name)).map(valueOfName) };
}

function cannotDecrypt(names: string[], total: number): StashError {
  return new StashError(
    "VARIABLES_UNDECRYPTABLE",
    `${names.length} of ${total} variables cannot be decrypted: ${listNames(names)}. They were probably encrypted before the ` +
      "environment's key was replaced. Push them again with the official CLI, or leave them out with ignore.",
  );
}
