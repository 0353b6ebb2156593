import { readPublicKey } from "../crypto/device-key.ts";
import { StashError } from "../lib/errors.ts";
import { settleAll } from "../lib/settle-all.ts";
import { listKeyAccess } from "../stash/envelopes.ts";
import { listKeys, type RegisteredKey } from "../stash/keys.ts";
import type { Service } from "../stash/service.ts";

/** A device key that needs access to an environment. */
export interface AccessRequest {
  id: number;
  label: string;
  owner: string;
  publicKeyPem: string;
  /** calculated here from the public key, because what the service says about it proves nothing */
  fingerprint: string;
  lifetime: Lifetime;
}

/** How long a key lives. Unknown for a key of another account, if the service does not say. */
export type Lifetime = { kind: "temporary"; expiresAt: string } | { kind: "permanent" } | { kind: "unknown" };

export interface AccessRequests {
  /** newest first */
  requests: AccessRequest[];
  /** keys that have access already */
  holders: AccessRequest[];
  /** the number of keys that are never approved here: recovery keys, and keys other than RSA-4096 */
  others: number;
}

/** Lists the device keys of an environment, by whether they have access. */
export async function listRequests(service: Service, environment: string): Promise<AccessRequests> {
  const found: AccessRequests = { requests: [], holders: [], others: 0 };
  const [listed, own] = await settleAll(listKeyAccess(service, environment), listKeys(service));
  const ownKeys = new Map(own.map((key) => [key.id, key]));
  for (const { keyType, publicKeyPem, hasEnvelope, expiresAt, ...key } of listed) {
    const publicKey = keyType === "device" ? readPublicKey(publicKeyPem) : undefined;
    const lifetime = lifetimeOf(ownKeys.get(key.id), expiresAt);
    if (publicKey !== undefined)
      found[hasEnvelope ? "holders" : "requests"].push({ ...key, ...publicKey, lifetime });
    else if (!hasEnvelope) found.others += 1;
  }
  found.requests.sort((a, b) => b.id - a.id);
  return found;
}

/**
 * Finds the one request with this fingerprint; `undefined` if its key has access already.
 *
 * @param digits 32 or more leading digits
 * @throws {StashError} `REQUEST_NOT_FOUND`, `REQUEST_AMBIGUOUS`
 */
export function findRequest(
  { requests, holders }: AccessRequests,
  digits: string,
): AccessRequest | undefined {
  const isMeant = ({ fingerprint }: AccessRequest) => fingerprint.startsWith(digits);
  const [found, second] = requests.filter(isMeant);
  if (second !== undefined) {
    throw new StashError(
      "REQUEST_AMBIGUOUS",
      "Two keys with this fingerprint need access. Only a fault of the service or a forgery can explain that. Nothing was approved. " +
        "Delete both keys in SecretStash, and run the job again.",
    );
  }
  if (found !== undefined || holders.some(isMeant)) return found;
  throw new StashError(
    "REQUEST_NOT_FOUND",
    "No key with this fingerprint needs access to the environment. The job may have ended, its key may have expired, the fingerprint may " +
      "be mistyped, or the job waits for another environment. Nothing was approved. Compare the fingerprint in the job's log.",
  );
}

const LONGEST_MS = 61 * 60_000; // the longest TTL of a temporary key, and a minute

/** Whether this can be the key of a job: one that expires, and soon. */
export function isOfJob({ lifetime }: AccessRequest, now: number): boolean {
  return lifetime.kind === "temporary" && Date.parse(lifetime.expiresAt) - now <= LONGEST_MS;
}

function lifetimeOf(own: RegisteredKey | undefined, listed: string | undefined): Lifetime {
  const expiresAt = own?.expiresAt ?? listed;
  if (expiresAt !== undefined) return { kind: "temporary", expiresAt };
  return { kind: own === undefined ? "unknown" : "permanent" };
}
