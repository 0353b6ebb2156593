import { randomBytes } from "node:crypto";
import { type Envelope, wrapDek } from "../../crypto/envelope.ts";
import { decryptPayload, encryptPayload, keyOfDek } from "../../crypto/payload.ts";
import { BrokerError } from "../broker-error.ts";
import { chooseNames } from "../policy/variable-choice.ts";

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
