import type { Log, System } from "../ci/host.ts";
import { openEnvelope, wrapDek } from "../crypto/envelope.ts";
import { readAuthorities } from "../http/authorities.ts";
import { postMessage } from "../http/webhook.ts";
import type { Inputs } from "../inputs/inputs.ts";
import type { RegisteredDeviceKey } from "../key/register.ts";
import { StashError } from "../lib/errors.ts";
import { listNames } from "../lib/printable.ts";
import { settleAll } from "../lib/settle-all.ts";
import { findEnvelope, storeEnvelope } from "../stash/envelopes.ts";
import type { Service } from "../stash/service.ts";
import { checkDek, type DekPins } from "./dek-pins.ts";
import { awaitApproval, type WaitContext } from "./wait.ts";

/** How the inputs say that a session gets access. Throws as `readAuthorities` does, when somebody is notified. */
export function accessContextOf(
  { log, cancelled, environment, job }: Pick<System, "log" | "cancelled" | "environment" | "job">,
  { access, service }: Pick<Inputs, "access" | "service">,
): AccessContext {
  const { approvalWebhook, grantWaitMinutes, dekPins } = access;
  const notify = async (address: URL, message: object) => {
    const authorities = service.caFile === "" ? undefined : readAuthorities(service.caFile);
    await postMessage(address, message, { environment, authorities });
  };
  return {
    ...{ log, cancelled, dekPins, minutes: grantWaitMinutes, jobName: job.name },
    notify: approvalWebhook && ((message) => notify(approvalWebhook, message)),
  };
}

/** Which DEKs are accepted, and how to wait for an approval. */
export interface AccessContext extends WaitContext {
  log: Pick<Log, "info" | "notice" | "warn" | "debug">;
  dekPins: DekPins;
}

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
 * @param context which DEKs are accepted; whom to tell, and for how long, if no envelope is there
 * @returns the DEK of each environment, held in memory until the session ends
 * @throws {StashError} `ENVELOPE_MISSING`, `ENVELOPE_UNREADABLE`, `DEK_REFUSED`, or a code of `awaitApproval`
 */
export async function obtainDataKeys(
  service: Service,
  targets: readonly Grantable[],
  key: RegisteredDeviceKey,
  context: AccessContext,
): Promise<Map<string, Buffer>> {
  const { dekPins, log } = context;
  const check = (environment: string, dek: Buffer) => checkDek(dekPins, environment, dek, log);
  // Before the temporary key gets access to anything.
  for (const { environment, granted } of targets) if (granted !== undefined) check(environment, granted);
  const entries = await settleAll(
    ...targets.map(
      async (target) => [target.environment, await obtainDataKey(service, target, key)] as const,
    ),
  );
  const deks = new Map(entries.flatMap(([environment, dek]) => (dek ? [[environment, dek]] : [])));
  const missing = targets
    .map(({ environment }) => environment)
    .filter((environment) => !deks.has(environment));
  if (missing.length > 0 && context.minutes === 0) throw envelopeMissing(missing, key);
  const approved = missing.length > 0 ? await awaitApproval(service, missing, key, context) : [];
  const all = new Map([...deks, ...approved]);
  for (const { environment, granted } of targets) {
    const dek = all.get(environment);
    if (granted === undefined && dek !== undefined) check(environment, dek);
  }
  return all;
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
