import { openEnvelope } from "../crypto/envelope.ts";
import { type GrantKey, isSameKey, readGrantKey } from "../crypto/grant-key.ts";
import type { GrantKeyInput } from "../inputs/credentials.ts";
import { StashError } from "../lib/errors.ts";
import { count, printable } from "../lib/printable.ts";
import { findEnvelope } from "../stash/envelopes.ts";
import { listKeys } from "../stash/keys.ts";
import type { Service } from "../stash/service.ts";

/** A grant key and the id under which the service knows it. */
export interface Grant {
  id: number;
  key: GrantKey;
}

/**
 * Reads the grant key and finds out its id. This needs no temporary key, so it runs while that one is being generated.
 *
 * @throws {StashError} `GRANT_KEY_UNREADABLE`, `GRANT_KEY_UNKNOWN`
 */
export async function findGrant(
  service: Service,
  given: GrantKeyInput | undefined,
): Promise<Grant | undefined> {
  if (given === undefined) return undefined;
  if (given.error !== undefined) throw given.error;
  const key = readGrantKey(given.text);
  return { id: given.id ?? (await findKeyId(service, key)), key };
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
      `The grant key (device key ${id}) has no access to environment ${printable(environment)}, or the id belongs to another account. ` +
        "Give it access with a key that has access: secret-stash envelope rewrap, as docs/getting-started.md shows.",
    );
  }
  try {
    return openEnvelope(envelope, key.privateKey);
  } catch (cause) {
    throw new StashError(
      "GRANT_ENVELOPE_UNREADABLE",
      `The envelope of device key ${id} cannot be opened with grant-key. The id in front of the key may be that of another key. ` +
        "Correct the id, or leave it out.",
      { cause },
    );
  }
}

async function findKeyId(service: Service, grantKey: GrantKey): Promise<number> {
  const keys = await listKeys(service);
  const found =
    keys.find(({ fingerprint }) => fingerprint?.toLowerCase() === grantKey.fingerprint) ??
    keys.find(({ publicKeyPem }) => publicKeyPem !== undefined && isSameKey(grantKey, publicKeyPem));
  if (found !== undefined) return found.id;
  throw new StashError(
    "GRANT_KEY_UNKNOWN",
    `The grant key (fingerprint ${grantKey.fingerprint.slice(0, 16)}…) is not among the ${count(keys.length, "key")} of this account. It may have ` +
      "been deleted, or belong to another account than api-token. Use a key of the token's account.",
  );
}
