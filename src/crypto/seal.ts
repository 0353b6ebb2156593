import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { encodeBase64Url } from "./encoding.ts";

const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Derives the key of a seal (RFC 5869) from what the stages of a step share. */
export function sealKeyOf(secret: string): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, "", "secret-stash-action seal v1", 32));
}

/**
 * Seals a record: whoever lacks the key can neither read its secret part nor change any of it (AES-256-GCM, with the open part as
 * additional data).
 *
 * @returns base64url of IV, tag and ciphertext
 */
export function seal(open: string, secret: string, key: Uint8Array): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, iv, { authTagLength: TAG_BYTES }).setAAD(
    Buffer.from(open),
  );
  const sealed = Buffer.concat([cipher.update(secret, "utf8"), cipher.final()]);
  return encodeBase64Url(Buffer.concat([iv, cipher.getAuthTag(), sealed]));
}

/** @returns the secret part, or `undefined` if the seal was not made with this key for this open part */
export function unseal(open: string, sealed: string, key: Uint8Array): string | undefined {
  try {
    const bytes = Buffer.from(sealed, "base64url");
    const [iv, tag] = [bytes.subarray(0, IV_BYTES), bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES)];
    const decipher = createDecipheriv("aes-256-gcm", key, iv, { authTagLength: TAG_BYTES })
      .setAAD(Buffer.from(open))
      .setAuthTag(tag);
    const secret = decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES));
    return Buffer.concat([secret, decipher.final()]).toString("utf8");
  } catch {
    return undefined;
  }
}
