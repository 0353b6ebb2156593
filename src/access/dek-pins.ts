import type { Log } from "../ci/host.ts";
import { dekFingerprint } from "../crypto/dek-fingerprint.ts";
import { StashError } from "../lib/errors.ts";
import { printable } from "../lib/printable.ts";

/** The fingerprint of the DEK that an environment must have, or the beginning of it, by environment. */
export type DekPins = ReadonlyMap<string, string>;

/**
 * Refuses a DEK that is not the pinned one. The service knows every public key, so it can wrap a DEK of its own for the job's key, and serve
 * values that it encrypted with it. Only a fingerprint that does not come from the service tells the difference.
 *
 * @throws {StashError} `DEK_REFUSED`
 */
export function checkDek(pins: DekPins, environment: string, dek: Uint8Array, log: Pick<Log, "debug">): void {
  const fingerprint = dekFingerprint(dek);
  log.debug(`DEK fingerprint of environment ${printable(environment)}: ${fingerprint}`);
  const pin = pins.get(environment);
  if (pin === undefined || fingerprint.startsWith(pin)) return;
  throw new StashError(
    "DEK_REFUSED",
    `The key (DEK) of environment ${printable(environment)} is not the one that dek-fingerprint names, so nothing was decrypted. The ` +
      "environment's key was replaced, or the service answers with a key of its own. If it was replaced on purpose, set dek-fingerprint to " +
      "what secret-stash-ci doctor shows on a machine of somebody who did it.",
  );
}
