import * as v from "valibot";
import { type Deadline, startDeadline } from "../http/deadline.ts";
import { HttpError } from "../http/http-error.ts";
import { isTransient, isUnprocessed, waitToRetry } from "../http/retry.ts";
import { StashError } from "../lib/errors.ts";
import { call, type Service, send, statusOf } from "./service.ts";
import { keyId, listOf, optionalText } from "./wire-types.ts";

/** What the service is told about a device key. */
export interface DeviceKeyRegistration {
  label: string;
  publicKeyPem: string;
  fingerprint: string;
  ttlMinutes: number;
  hostname: string;
  platform: string;
  /** repository, ref, run and so on, for the service's audit log */
  origin: Readonly<Record<string, string>>;
}

// Once a key is registered, its id is what matters: a malformed label or expiry must not make us lose track of it.
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
  /** ISO 8601; calculated from the TTL if the service does not say, or says something that is not a date */
  expiresAt: string;
}

/**
 * Registers a temporary device key: the only write that this project makes to an account. If the answer is lost, the account's list of
 * keys tells whether the registration succeeded, so that a session never registers two keys.
 *
 * @throws {StashError} any code of `call`
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
  const { timeoutSeconds, cancelled, deadline } = service.connection;
  const key = await registerOnce(
    service,
    body,
    fingerprint,
    deadline ?? startDeadline(timeoutSeconds, cancelled),
  );
  const expiresAt =
    parseDate(key.expires_at) ?? new Date(service.connection.clock.now() + ttlMinutes * 60_000).toISOString();
  return { id: key.id, label: key.label ?? label, expiresAt };
}

/**
 * Registers a permanent device key: that of a key broker, which a person sets up. Nothing that runs in a job calls this.
 *
 * @returns its id
 * @throws {StashError} any code of `call`
 */
export async function registerDeviceKey(
  service: Service,
  {
    label,
    publicKeyPem,
    hostname,
    platform,
  }: Pick<DeviceKeyRegistration, "label" | "publicKeyPem" | "hostname" | "platform">,
): Promise<number> {
  const metadata = { label, hostname, platform };
  const body = { label, key_type: "device", public_key: publicKeyPem, metadata };
  return (await call(service, ["POST", "user/keys", body], registeredKey, { once: true })).id;
}

function parseDate(text: string | null | undefined): string | undefined {
  // Without a zone, as databases and PHP print it, it is UTC, and would be read as local time.
  const isBare = /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?$/.test(text ?? "");
  const time = Date.parse(isBare ? `${text?.replace(" ", "T")}Z` : (text ?? ""));
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}

async function registerOnce(
  service: Service,
  body: object,
  fingerprint: string,
  deadline: Deadline,
): Promise<v.InferOutput<typeof registeredKey>> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call(service, ["POST", "user/keys", body], registeredKey, { once: true, deadline });
    } catch (error) {
      // 422: already registered, by an earlier request of ours that seemed lost and was only late.
      const isUncertain = mayHaveSucceeded(error) || (attempt > 1 && statusOf(error) === 422);
      if (!isUncertain || deadline.signal.aborted) throw error;
      // The pause also gives a late request the time to arrive.
      const mayRetry = await waitToRetry(service.connection, deadline, (error as StashError).cause, attempt);
      const found = (await listKeys(service, deadline)).find((key) => key.fingerprint === fingerprint);
      if (found !== undefined) return { id: found.id, label: undefined, expires_at: found.expiresAt };
      const isFinal = statusOf(error) === 422 || (error as StashError).code === "RESPONSE_INVALID";
      if (!mayRetry || isFinal) throw error;
    }
  }
}

/** Whether the service may have processed the request although its answer did not arrive. */
function mayHaveSucceeded(error: unknown): boolean {
  const cause = error instanceof StashError ? error.cause : undefined;
  const code = error instanceof StashError ? error.code : "";
  if (cause instanceof HttpError) return isTransient(cause);
  return code === "RESPONSE_INVALID" || (code === "SERVICE_UNREACHABLE" && !isUnprocessed(cause));
}

export interface RegisteredKey {
  id: number;
  fingerprint: string | undefined;
  publicKeyPem: string | undefined;
  /** for a temporary key */
  expiresAt: string | undefined;
}

/** Lists the account's registered keys. */
export async function listKeys(service: Service, deadline?: Deadline): Promise<RegisteredKey[]> {
  const keys = await call(service, ["GET", "user/keys"], listOf(knownKey), deadline && { deadline });
  return keys.map(({ id, fingerprint, public_key, expires_at }) => ({
    id,
    fingerprint: fingerprint ?? undefined,
    publicKeyPem: public_key ?? undefined,
    expiresAt: expires_at ?? undefined,
  }));
}

/**
 * Deletes a key that this project registered. No public source says whether the service supports this (docs/protocol.md, HTTP): if it
 * does not, it answers 404 or 405, and the key expires by its TTL.
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
