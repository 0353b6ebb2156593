import { openEnvelope, wrapDek } from "../crypto/envelope.ts";
import type { RegisteredDeviceKey } from "../key/register.ts";
import { StashError } from "../lib/errors.ts";
import { listNames } from "../lib/printable.ts";
import { settleAll } from "../lib/settle-all.ts";
import { findEnvelope, storeEnvelope } from "../stash/envelopes.ts";
import type { Service } from "../stash/service.ts";
import { awaitApproval, type WaitContext } from "./wait.ts";

/** An environment that the temporary key needs access to. */
export interface Grantable {
  environment: string;
  /** its DEK, if a grant key opened it */
  granted: Buffer | undefined;
}

/**
 * Gives the temporary key access to every environment, each of which has a DEK of its own. With a grant, the DEK is wrapped for the
 * temporary key, and that one envelope is stored. Otherwise the envelope that is already there is opened, or an approver is waited for.
 *
 * @param wait whom to tell, and for how long, if no envelope is there
 * @returns the DEK of each environment, held in memory until the session ends
 * @throws {StashError} `ENVELOPE_MISSING`, `ENVELOPE_UNREADABLE`, or a code of `awaitApproval`
 */
export async function obtainDataKeys(
  service: Service,
  targets: readonly Grantable[],
  key: RegisteredDeviceKey,
  wait: WaitContext,
): Promise<Map<string, Buffer>> {
  const entries = await settleAll(
    ...targets.map(
      async (target) => [target.environment, await obtainDataKey(service, target, key)] as const,
    ),
  );
  const deks = new Map(entries.flatMap(([environment, dek]) => (dek ? [[environment, dek]] : [])));
  const missing = targets
    .map(({ environment }) => environment)
    .filter((environment) => !deks.has(environment));
  if (missing.length === 0) return deks;
  if (wait.minutes === 0) throw envelopeMissing(missing, key);
  return new Map([...deks, ...(await awaitApproval(service, missing, key, wait))]);
}

async function obtainDataKey(
  service: Service,
  { environment, granted }: Grantable,
  key: RegisteredDeviceKey,
): Promise<Buffer | undefined> {
  if (granted !== undefined) {
    await storeEnvelope(service, environment, key.id, wrapDek(granted, key.publicKeyPem));
    return granted;
  }
  const envelope = await findEnvelope(service, environment, key.id);
  return envelope === undefined ? undefined : openEnvelope(envelope, key.privateKeyPem);
}

function envelopeMissing(environments: readonly string[], key: { id: number }): StashError {
  return new StashError(
    "ENVELOPE_MISSING",
    `This job's temporary key (device key ${key.id}) has no access to environment ${listNames(environments)}. SecretStash is ` +
      "zero-knowledge, so only a key that already has access can give it access. There are three ways to do that:\n" +
      "- an existing envelope: set up a process that answers new keys of this account with one;\n" +
      "- a grant key: store a device key or recovery share that has access in the CI system's secret store, and pass it as grant-key;\n" +
      "- an approval: set grant-wait to some minutes, in which a person or a trusted machine approves the key.",
  );
}
