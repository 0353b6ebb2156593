import { randomBytes } from "node:crypto";
import { type Envelope, wrapDek } from "../crypto/envelope.ts";
import { decryptPayload, encryptPayload, keyOfDek } from "../crypto/payload.ts";
import { chooseVariables, parseVariableRules } from "../select/rules.ts";
import { BrokerError } from "./broker-error.ts";

/** Variables as the service stores them: names in clear, values as ciphertext, or `null` for an empty value. */
export type Ciphertext = readonly { name: string; payload: unknown }[];

/** What one job gets of one environment. */
export interface Wrapped {
  envelope: Envelope;
  variables: Ciphertext;
}

/**
 * Wraps an environment for one job's key.
 *
 * A DEK opens everything that it encrypts. So where a rule gives less than all, the chosen values are encrypted again under a DEK made for this
 * grant alone, and for that moment they are in this process's memory (docs/threat-model.md). Without `only`, nothing is decrypted.
 *
 * @param dek of the environment, 32 bytes
 * @param publicKeyPem the job's
 * @param only the rule's `variables`
 * @throws {BrokerError} `ciphertext_unreadable`, which names the variable
 */
export function wrapForJob(
  variables: Ciphertext,
  dek: Buffer,
  publicKeyPem: string,
  only: string | undefined,
): Wrapped {
  if (only === undefined) return { envelope: wrapDek(dek, publicKeyPem), variables };
  const chosen = chooseNames(
    variables.map(({ name }) => name),
    only,
  );
  const key = keyOfDek(dek);
  const own = randomBytes(dek.length);
  try {
    const again = variables
      .filter(({ name }) => chosen.has(name))
      .map(({ name, payload }) => {
        if (payload === null) return { name, payload };
        const value = decryptPayload(payload, key);
        if (value === undefined) {
          throw new BrokerError(
            "ciphertext_unreadable",
            `The variable ${JSON.stringify(name)} cannot be decrypted with the environment's DEK, so nothing of it is granted. Store it again.`,
          );
        }
        return { name, payload: encryptPayload(value, own) };
      });
    return { envelope: wrapDek(own, publicKeyPem), variables: again };
  } finally {
    own.fill(0);
  }
}

/** Which of these names a rule's `variables` gives. */
function chooseNames(names: readonly string[], only: string): Set<string> {
  const rules = parseVariableRules(only, (mistake) => {
    throw new BrokerError("policy_invalid", mistake); // It was checked when the policy was loaded.
  });
  return new Set(chooseVariables(names, rules).chosen.map(({ source }) => source));
}

/** What is wrong with a rule's `variables`: it chooses names, and the job renames them and takes them apart. */
export function findMistakes(only: string): string[] {
  const mistakes: string[] = [];
  for (const { text, target, pattern } of parseVariableRules(only, (mistake) => mistakes.push(mistake))) {
    if (target !== undefined)
      mistakes.push(`${JSON.stringify(text)}: a policy chooses names; the job renames them`);
    else if (pattern.includes("."))
      mistakes.push(`${JSON.stringify(text)}: a policy chooses whole variables, and no keys of them`);
  }
  return mistakes;
}
