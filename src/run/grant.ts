import { resolve } from "node:path";
import type { DeviceKey } from "../crypto/device-key.ts";
import { openEnvelope, wrapDek } from "../crypto/envelope.ts";
import { type GrantKey, holdsKey, isSameKey, readGrantKey, splitGrantKey } from "../crypto/grant-key.ts";
import { readGrantKeyFile } from "../device/grant-key-file.ts";
import { printable, StashError } from "../errors.ts";
import type { Host } from "../host/host.ts";
import type { Inputs } from "../host/inputs.ts";
import { runnerMasks } from "../redact/runner-masks.ts";
import { findEnvelope, storeEnvelope } from "../stash/envelopes.ts";
import { listKeys } from "../stash/keys.ts";
import type { Service } from "../stash/service.ts";

/**
 * Opens the grant key's own envelope. Needs no temporary key, so it runs while that one is being made.
 *
 * @returns the DEK, or `undefined` when there is no grant key
 * @throws {StashError} one of the `GRANT_…` codes
 */
export async function openGrant(host: Host, service: Service, inputs: Inputs): Promise<Buffer | undefined> {
  if (inputs.grantKey === "") return undefined;
  const grantKey = await loadGrantKey(host, inputs.grantKey);
  const id = grantKey.id ?? (await findKeyId(service, grantKey));
  const envelope = await findEnvelope(service, inputs.environment, id);
  if (envelope === undefined) {
    throw new StashError(
      "GRANT_KEY_WITHOUT_ACCESS",
      `The grant key (device key ${id}) has no access to environment ${printable(inputs.environment)}, or the id is another ` +
        "account's. Give it access from a key that has some: secret-stash envelope rewrap, as the README shows.",
    );
  }
  try {
    return openEnvelope(envelope, grantKey.privateKey);
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
 * Gives the DEK to the temporary key: with a grant, wraps it for that key and stores that one envelope; without, opens the
 * envelope that is already there.
 *
 * @returns the DEK
 * @throws {StashError} `ENVELOPE_MISSING`, `ENVELOPE_UNREADABLE`
 */
export async function obtainDek(
  service: Service,
  environment: string,
  granted: Buffer | undefined,
  key: DeviceKey & { id: number },
): Promise<Buffer> {
  if (granted !== undefined) {
    await storeEnvelope(service, environment, key.id, wrapDek(granted, key.publicKeyPem));
    return granted;
  }
  const envelope = await findEnvelope(service, environment, key.id);
  if (envelope !== undefined) return openEnvelope(envelope, key.privateKeyPem);
  throw new StashError(
    "ENVELOPE_MISSING",
    `This job's temporary key (device key ${key.id}) has no access to environment ${printable(environment)}: SecretStash is ` +
      "zero-knowledge, so only a key that already has access can give it. There are three ways out:\n" +
      "- an envelope that is already there: set the service up to answer new keys of this account with one;\n" +
      "- a grant key: put a device key or recovery share that has access into the CI secret store and pass it as grant-key;\n" +
      "- a person or a grant agent on another machine who posts the envelope for each new key.",
  );
}

async function loadGrantKey(host: Host, given: string): Promise<GrantKey> {
  const { id, key } = splitGrantKey(given);
  if (holdsKey(key)) return readGrantKey(given);
  const text = (await readGrantKeyFile(resolve(host.workspace, key.trim()))).trim();
  host.mask(runnerMasks([text]));
  const grantKey = await readGrantKey(text);
  return { ...grantKey, id: id ?? grantKey.id };
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
