import { resolve } from "node:path";
import type { DeviceKey } from "../crypto/device-key.ts";
import { openEnvelope, wrapDek } from "../crypto/envelope.ts";
import { type GrantKey, holdsKey, isSameKey, readGrantKey, splitGrantKey } from "../crypto/grant-key.ts";
import { listNames, printable, StashError } from "../lib/errors.ts";
import type { Host } from "../ci/host.ts";
import type { Inputs } from "../inputs/inputs.ts";
import { findEnvelope, storeEnvelope } from "../stash/envelopes.ts";
import { listKeys, type TemporaryDevice } from "../stash/keys.ts";
import type { Service } from "../stash/service.ts";
import { readGrantKeyFile } from "./grant-key-file.ts";
import { awaitApproval } from "./wait.ts";
import type { FetchedLayer } from "../variables/fetch.ts";
import { maskGrantKey } from "../masks/announce.ts";
import { together } from "../lib/settle-all.ts";

/** A grant key and the id the service knows it by. */
export interface Grant {
  id: number;
  key: GrantKey;
}

/**
 * Reads the grant key and finds out its id. Needs no temporary key, so it runs while that one is being made.
 *
 * @param given the input, empty when there is no grant key
 * @throws {StashError} `GRANT_KEY_UNREADABLE`, `GRANT_KEY_UNKNOWN`
 */
export async function findGrant(host: Host, service: Service, given: string): Promise<Grant | undefined> {
  if (given === "") return undefined;
  const { id, key } = await loadGrantKey(host, given);
  return { id: id ?? (await findKeyId(service, key)), key };
}

/**
 * Opens the grant key's own envelope.
 *
 * @returns the DEK
 * @throws {StashError} `GRANT_KEY_WITHOUT_ACCESS`, `GRANT_ENVELOPE_UNREADABLE`
 */
export async function openGrant(service: Service, environment: string, { id, key }: Grant): Promise<Buffer> {
  const envelope = await findEnvelope(service, environment, id);
  if (envelope === undefined) {
    throw new StashError(
      "GRANT_KEY_WITHOUT_ACCESS",
      `The grant key (device key ${id}) has no access to environment ${printable(environment)}, or the id is another account's. ` +
        "Give it access from a key that has some: secret-stash envelope rewrap, as docs/getting-started.md shows.",
    );
  }
  try {
    return openEnvelope(envelope, key.privateKey);
  } catch (cause) {
    throw new StashError(
      "GRANT_ENVELOPE_UNREADABLE",
      `The envelope of device key ${id} does not open with grant-key. The id before the key may be another key's. ` +
        "Leave the id out, or correct it.",
      { cause },
    );
  }
}

/**
 * Gives the temporary key access to every environment, each of which has a DEK of its own: with a grant, by wrapping the DEK for it
 * and storing that one envelope; without, by opening the envelope that is there, or by waiting for an approver to send one.
 *
 * @throws {StashError} `ENVELOPE_MISSING`, `ENVELOPE_UNREADABLE`, or as `awaitApproval` does
 */
export async function obtainDeks(
  host: Host,
  service: Service,
  inputs: Inputs,
  layers: readonly FetchedLayer[],
  key: DeviceKey & TemporaryDevice,
): Promise<Map<string, Buffer>> {
  const entries = await together(
    ...layers.map(async (layer) => [layer.environment, await obtainDek(service, layer, key)] as const),
  );
  const deks = new Map(entries.flatMap(([environment, dek]) => (dek ? [[environment, dek]] : [])));
  const missing = layers
    .map(({ environment }) => environment)
    .filter((environment) => !deks.has(environment));
  if (missing.length === 0) return deks;
  if (inputs.grantWaitMinutes === 0) throw envelopeMissing(missing, key);
  return new Map([...deks, ...(await awaitApproval(host, service, inputs, missing, key))]);
}

async function obtainDek(
  service: Service,
  { environment, granted }: FetchedLayer,
  key: DeviceKey & { id: number },
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
    `This job's temporary key (device key ${key.id}) has no access to environment ${listNames(environments)}: SecretStash is ` +
      "zero-knowledge, so only a key that already has access can give it. There are three ways out:\n" +
      "- an envelope that is already there: set the service up to answer new keys of this account with one;\n" +
      "- a grant key: put a device key or recovery share that has access into the CI secret store and pass it as grant-key;\n" +
      "- a person, or a trusted machine, who approves the key while the job waits: set grant-wait to some minutes.",
  );
}

async function loadGrantKey(host: Host, given: string): Promise<{ id: number | undefined; key: GrantKey }> {
  const { id, key } = splitGrantKey(given);
  if (holdsKey(key)) return { id, key: await readGrantKey(key) };
  const text = await readGrantKeyFile(resolve(host.workspace, key.trim()));
  await maskGrantKey(host, text);
  return { id, key: await readGrantKey(text) };
}

async function findKeyId(service: Service, grantKey: GrantKey): Promise<number> {
  const keys = await listKeys(service);
  const found =
    keys.find(({ fingerprint }) => fingerprint?.toLowerCase() === grantKey.fingerprint) ??
    keys.find(({ publicKeyPem }) => publicKeyPem !== undefined && isSameKey(grantKey, publicKeyPem));
  if (found !== undefined) return found.id;
  throw new StashError(
    "GRANT_KEY_UNKNOWN",
    `The grant key (fingerprint ${grantKey.fingerprint.slice(0, 16)}…) is not among this account's ${keys.length} registered ` +
      "keys. It may have been deleted, or belong to another account than api-token. Use a key of the token's account.",
  );
}
