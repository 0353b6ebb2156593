import * as v from "valibot";
import { call, environmentPath, type Service, send, statusOf } from "./service.ts";
import { keyId, listOf, optionalText } from "./wire-types.ts";

// `granted_by` is what our embedded server sends. No public source says whether the service sends it.
const answer = v.nullish(v.object({ envelope: v.nullish(v.unknown()), granted_by: optionalText }));

/** The service's answer about one key in one environment. */
export interface EnvelopeAnswer {
  /** unopened; `undefined` if there is none */
  envelope: unknown;
  grantedBy: string | undefined;
  /** whether the answer was 404: there is no envelope, or no such key or environment any more */
  isUnknown: boolean;
}

/** Asks for an envelope. Both `null` and 404 mean that there is none: which of them the service sends is unknown (docs/protocol.md, HTTP). */
export async function readEnvelope(
  service: Service,
  environment: string,
  deviceKeyId: number,
): Promise<EnvelopeAnswer> {
  const path = `${environmentPath(service, environment, "envelope")}?device_key_id=${deviceKeyId}`;
  try {
    const { envelope, granted_by } = (await call(service, ["GET", path], answer)) ?? {};
    return { envelope: envelope ?? undefined, grantedBy: granted_by ?? undefined, isUnknown: false };
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
    return { envelope: undefined, grantedBy: undefined, isUnknown: true };
  }
}

/** The envelope of one key in one environment, unopened. */
export async function findEnvelope(
  service: Service,
  environment: string,
  deviceKeyId: number,
): Promise<unknown> {
  return (await readEnvelope(service, environment, deviceKeyId)).envelope;
}

/** Stores one envelope for one key: the only write that this project ever makes to an environment. */
export async function storeEnvelope(
  service: Service,
  environment: string,
  deviceKeyId: number,
  envelope: { v: number; alg: string; ct: string },
): Promise<void> {
  const body = { device_key_id: deviceKeyId, envelope };
  // Idempotent: storing it again for the same key changes nothing.
  await send(service, { method: "POST", path: environmentPath(service, environment, "envelope"), body });
}

/** A device key in an environment's list of keys. */
export interface DeviceKeyAccess {
  id: number;
  label: string;
  keyType: string;
  publicKeyPem: string;
  /** name and e-mail address of its account, as far as the service tells them */
  owner: string;
  hasEnvelope: boolean;
  /** for a temporary key, if the service says so here: no public source says whether it does */
  expiresAt: string | undefined;
}

const accessList = v.object({
  device_keys: listOf(
    v.object({
      device_key_id: keyId,
      name: optionalText,
      email: optionalText,
      label: optionalText,
      key_type: v.string(),
      public_key: v.string(),
      has_envelope: v.nullish(v.boolean()),
      needs_envelope: v.nullish(v.boolean()),
      expires_at: optionalText,
    }),
  ),
});

/** Lists the keys that have access to an environment and those that need it. */
export async function listKeyAccess(service: Service, environment: string): Promise<DeviceKeyAccess[]> {
  const path = environmentPath(service, environment, "envelopes");
  const { device_keys: keys } = await call(service, ["GET", path], accessList);
  return keys.map((key) => ({
    id: key.device_key_id,
    label: key.label ?? "",
    keyType: key.key_type,
    publicKeyPem: key.public_key,
    owner: [key.name, key.email && `<${key.email}>`].filter(Boolean).join(" "),
    hasEnvelope: key.has_envelope ?? key.needs_envelope === false,
    expiresAt: key.expires_at ?? undefined,
  }));
}
