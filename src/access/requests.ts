import { readPublicKey } from "../crypto/device-key.ts";
import { StashError } from "../lib/errors.ts";
import { listKeyAccess } from "../stash/envelopes.ts";
import { listKeys } from "../stash/keys.ts";
import type { Service } from "../stash/service.ts";

/** A device key that needs access to an environment. */
export interface AccessRequest {
  id: number;
  label: string;
  owner: string;
  publicKeyPem: string;
  /** worked out from the public key here, because what the service says of it proves nothing */
  fingerprint: string;
}

export interface AccessRequests {
  /** newest first */
  requests: AccessRequest[];
  /** keys that have access */
  holders: AccessRequest[];
  /** keys that are never approved here: recovery keys, and what is no RSA-4096 key */
  others: number;
}

/** The device keys of an environment, by whether they have access. */
export async function listRequests(service: Service, environment: string): Promise<AccessRequests> {
  const found: AccessRequests = { requests: [], holders: [], others: 0 };
  for (const { keyType, publicKeyPem, hasEnvelope, ...key } of await listKeyAccess(service, environment)) {
    const publicKey = keyType === "device" ? readPublicKey(publicKeyPem) : undefined;
    if (publicKey !== undefined) found[hasEnvelope ? "holders" : "requests"].push({ ...key, ...publicKey });
    else if (!hasEnvelope) found.others += 1;
  }
  found.requests.sort((a, b) => b.id - a.id);
  return found;
}

/**
 * The one request with this fingerprint; `undefined` when its key has access already.
 *
 * @param digits the first 32 digits or more
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
      "Two keys with this fingerprint need access, which only a fault of the service or a forgery can explain. Nothing was approved. " +
        "Delete both keys in SecretStash, and run the job again.",
    );
  }
  if (found !== undefined || holders.some(isMeant)) return found;
  throw new StashError(
    "REQUEST_NOT_FOUND",
    "No key with this fingerprint needs access to the environment. The job may have ended or its key expired, the fingerprint may be " +
      "mistyped, or the job waits for another environment. Nothing was approved.",
  );
}

const TEMPORARY_LABEL = "CI/CD Temporary Key (";

/** Whether a request is for a key that dies by itself. Of a key of another account, its label is all there is to see. */
export async function looksTemporary(service: Service, { id, label }: AccessRequest): Promise<boolean> {
  const own = (await listKeys(service)).find((key) => key.id === id);
  return own === undefined ? label.startsWith(TEMPORARY_LABEL) : own.expiresAt !== undefined;
}
