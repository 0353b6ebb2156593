import * as v from "valibot";
import { StashError } from "../lib/errors.ts";
import { HttpError } from "../http/http-error.ts";
import { isTransient, isUnprocessed, waitToRetry } from "../http/retry.ts";
import { call, type Service, send, statusOf } from "./service.ts";
import { keyId, optionalText } from "./wire-types.ts";

/** What a device key's registration says of it. */
export interface DeviceKeyRegistration {
  label: string;
  publicKeyPem: string;
  fingerprint: string;
  ttlMinutes: number;
  hostname: string;
  platform: string;
  /** where the job comes from, for the service's audit log */
  origin: Readonly<Record<string, string>>;
}

// Once a key is registered its id is what matters: an odd label or expiry must not make us forget it.
const registeredKey = v.object({ id: keyId, label: optionalText, expires_at: optionalText });
const knownKey = v.object({
  id: keyId,
  fingerprint: optionalText,
  public_key: optionalText,
  expires_at: optionalText,
});

/** A registered temporary key. */
export interface TemporaryDevice {
  id: number;
  label: string;
  /** ISO 8601, as the service says it; worked out from the TTL where it says nothing */
  expiresAt: string;
}

/**
 * Registers a temporary device key: the one write this project makes to an account. When no answer says what became of it, the
 * account's keys do, so that there is one key a session, whatever happens.
 */
export async function registerTemporaryKey(
  service: Service,
  { label, publicKeyPem, fingerprint, ttlMinutes, hostname, platform, origin }: DeviceKeyRegistration,
): Promise<TemporaryDevice> {
  const body = {
    label,
    key_type: "device",
    public_key: publicKeyPem,
    metadata: { ...origin, label, hostname, platform, temporary: true, ttl_minutes: ttlMinutes },
    is_temporary: true,
    ttl_minutes: ttlMinutes,
  };
  const key = await registerOnce(service, body, fingerprint);
  const expiresAt =
    key.expires_at ?? new Date(service.connection.clock.now() + ttlMinutes * 60_000).toISOString();
  return { id: key.id, label: key.label ?? label, expiresAt };
}

async function registerOnce(
  service: Service,
  body: object,
  fingerprint: string,
): Promise<v.InferOutput<typeof registeredKey>> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call(service, ["POST", "user/keys", body], registeredKey, { once: true });
    } catch (error) {
      // 422: "registered already", by a request of ours that seemed lost and was only late.
      const isUnsure = mayHaveWorked(error) || (attempt > 1 && statusOf(error) === 422);
      if (!isUnsure || service.connection.deadline.signal.aborted) throw error;
      // Also, so that a first request which is only late has come to something by then.
      const mayRepeat = await waitToRetry(service.connection, (error as StashError).cause, attempt);
      const found = (await listKeys(service)).find((key) => key.fingerprint === fingerprint);
      if (found !== undefined) return { id: found.id, label: undefined, expires_at: found.expiresAt };
      const isFinal = statusOf(error) === 422 || (error as StashError).code === "RESPONSE_INVALID";
      if (!mayRepeat || isFinal) throw error;
    }
  }
}

/** The service may have done what was asked, although it did not say so. */
function mayHaveWorked(error: unknown): boolean {
  const cause = error instanceof StashError ? error.cause : undefined;
  const code = error instanceof StashError ? error.code : "";
  if (cause instanceof HttpError) return isTransient(cause);
  return code === "RESPONSE_INVALID" || (code === "SERVICE_UNREACHABLE" && !isUnprocessed(cause));
}

export interface RegisteredKey {
  id: number;
  fingerprint: string | undefined;
  publicKeyPem: string | undefined;
  /** of a temporary key */
  expiresAt: string | undefined;
}

/** The account's registered keys. */
export async function listKeys(service: Service): Promise<RegisteredKey[]> {
  const keys = await call(service, ["GET", "user/keys"], v.array(knownKey));
  return keys.map(({ id, fingerprint, public_key, expires_at }) => ({
    id,
    fingerprint: fingerprint ?? undefined,
    publicKeyPem: public_key ?? undefined,
    expiresAt: expires_at ?? undefined,
  }));
}

/**
 * Deletes a key of ours. No public source says that the service can (docs/protocol.md, HTTP): a service that cannot
 * answers 404 or 405, and the key dies by its TTL.
 *
 * @returns whether the service deleted it
 */
export async function deleteKey(service: Service, id: number): Promise<boolean> {
  try {
    await send(service, { method: "DELETE", path: `user/keys/${id}` });
    return true;
  } catch (error) {
    if ([404, 405].includes(statusOf(error) ?? 0)) return false;
    throw error;
  }
}
