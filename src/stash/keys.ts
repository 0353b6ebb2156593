import * as v from "valibot";
import { call, type Service, send, statusOf } from "./service.ts";

/** What a device key's registration says of it. */
export interface DeviceKeyRegistration {
  label: string;
  publicKeyPem: string;
  ttlMinutes: number;
  hostname: string;
  platform: string;
}

// Beyond 2^53 a number is rounded to another key's id (RFC 8259 section 6).
const keyId = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
// Once a key is registered its id is what matters: an odd label or expiry must not make us forget it.
const optionalText = v.fallback(v.nullish(v.string()), undefined);
const registeredKey = v.object({ id: keyId, label: optionalText, expires_at: optionalText });
const knownKey = v.object({ id: keyId, fingerprint: optionalText, public_key: optionalText });

/** A registered temporary key. */
export interface TemporaryDevice {
  id: number;
  label: string;
  /** ISO 8601, as the service says it; worked out from the TTL where it says nothing */
  expiresAt: string;
}

/** Registers a temporary device key: the one write this project makes to an account. */
export async function registerTemporaryKey(
  service: Service,
  { label, publicKeyPem, ttlMinutes, hostname, platform }: DeviceKeyRegistration,
): Promise<TemporaryDevice> {
  const body = {
    label,
    key_type: "device",
    public_key: publicKeyPem,
    metadata: { label, hostname, platform, temporary: true, ttl_minutes: ttlMinutes },
    is_temporary: true,
    ttl_minutes: ttlMinutes,
  };
  const key = await call(service, ["POST", "user/keys", body], registeredKey);
  const expiresAt = key.expires_at ?? new Date(Date.now() + ttlMinutes * 60_000).toISOString();
  return { id: key.id, label: key.label ?? label, expiresAt };
}

/** The account's registered keys. */
export async function listKeys(
  service: Service,
): Promise<{ id: number; fingerprint: string | undefined; publicKeyPem: string | undefined }[]> {
  const keys = await call(service, ["GET", "user/keys"], v.array(knownKey));
  return keys.map(({ id, fingerprint, public_key }) => ({
    id,
    fingerprint: fingerprint ?? undefined,
    publicKeyPem: public_key ?? undefined,
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
    await send(service, "DELETE", `user/keys/${id}`);
    return true;
  } catch (error) {
    if ([404, 405].includes(statusOf(error) ?? 0)) return false;
    throw error;
  }
}
