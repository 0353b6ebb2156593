import { createPublicKey } from "node:crypto";
import * as v from "valibot";

// Strict on purpose: an unknown field is refused, so that a client which sends one is noticed here and not in production.

const base64Url = (bytes?: number) =>
  v.pipe(
    v.string(),
    v.regex(/^[\w-]*$/, "must be base64url without padding"),
    v.check(
      (text) => bytes === undefined || Buffer.from(text, "base64url").length === bytes,
      `must be ${bytes} bytes`,
    ),
  );

const publicKey = v.pipe(v.string(), v.check(isRsa4096, "must be an RSA-4096 public key as SPKI PEM"));

export const envelope = v.strictObject({ v: v.literal(1), alg: v.literal("RSA-OAEP"), ct: base64Url(512) });

export const payload = v.strictObject({
  v: v.literal(1),
  alg: v.literal("AES-GCM"),
  kdf: v.literal("none"),
  iter: v.literal(0),
  salt: base64Url(16),
  iv: base64Url(12),
  tag: base64Url(16),
  ct: base64Url(),
});

const keyFields = {
  label: v.pipe(v.string(), v.nonEmpty(), v.maxLength(255)),
  key_type: v.picklist(["device", "recovery"]),
  public_key: publicKey,
};
const ttlMinutes = v.pipe(v.number(), v.integer(), v.minValue(5), v.maxValue(60));

const temporaryKey = v.strictObject({
  ...keyFields,
  is_temporary: v.literal(true),
  ttl_minutes: ttlMinutes,
  metadata: v.strictObject({
    label: v.string(),
    hostname: v.nullable(v.string()),
    platform: v.string(),
    temporary: v.literal(true),
    ttl_minutes: ttlMinutes,
    // where a job comes from
    ...v.partial(
      v.object({
        repository: v.string(),
        ref: v.string(),
        sha: v.string(),
        run_id: v.string(),
        run_url: v.string(),
        actor: v.string(),
        event: v.string(),
      }),
    ).entries,
  }),
});

const regularKey = v.strictObject({ ...keyFields, metadata: v.nullable(v.record(v.string(), v.unknown())) });

/** One or the other, not a union of both, so that the errors name the fields of the one that was meant. */
export const newKey = v.lazy((body) =>
  typeof body === "object" && body !== null && "is_temporary" in body ? temporaryKey : regularKey,
);

export const environmentTypes = ["local", "development", "production", "testing"] as const;

export const newEnvironment = v.strictObject({
  name: v.pipe(v.string(), v.nonEmpty()),
  slug: v.pipe(v.string(), v.regex(/^[a-z0-9-]+$/)),
  type: v.picklist(environmentTypes),
});

export const newVariable = v.strictObject({
  name: v.pipe(v.string(), v.nonEmpty()),
  payload: v.nullable(payload),
});

const deviceKeyId = v.pipe(v.number(), v.integer());

export const newEnvelope = v.strictObject({ device_key_id: deviceKeyId, envelope });

export const newEnvelopes = v.strictObject({ envelopes: v.array(newEnvelope) });

function isRsa4096(pem: string): boolean {
  try {
    const key = createPublicKey(pem);
    const { modulusLength, publicExponent } = key.asymmetricKeyDetails ?? {};
    return key.asymmetricKeyType === "rsa" && modulusLength === 4096 && publicExponent === 65537n;
  } catch {
    return false;
  }
}
