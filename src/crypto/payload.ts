import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomBytes } from "node:crypto";
import { decodeBase64, encodeBase64Url } from "./encoding.ts";
import { parseWire } from "./wire-text.ts";

const SALT_BYTES = 16;
const IV_BYTES = 12;
const TAG_BYTES = 16;
// `ignoreBOM` keeps a leading U+FEFF, which is part of the value. `fatal` refuses anything that is not UTF-8.
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Prepares a DEK for many payloads: from plain bytes Node makes a `KeyObject` each time, which takes longer than decrypting 1 kB. */
export function keyOfDek(dek: Uint8Array): KeyObject {
  return createSecretKey(dek);
}

/**
 * Decrypts one variable: AES-256-GCM under the DEK, 12-byte IV, 16-byte tag, no additional data. `salt` is not used.
 * A `null` payload is an empty value.
 *
 * @returns the value, or `undefined` if it cannot be decrypted, whether the format, the tag or the text is wrong
 */
export function decryptPayload(wire: unknown, dek: Uint8Array | KeyObject): string | undefined {
  if (wire === null) return "";
  try {
    const { v, alg, kdf = "none", iv, tag, ct } = parseWire(wire);
    if (v !== 1 || alg !== "AES-GCM" || kdf !== "none") return undefined;
    const nonce = decodeBase64(iv);
    if (nonce.length !== IV_BYTES) return undefined;
    // authTagLength pins the tag to 16 bytes: Node would verify a truncated tag too (NIST SP 800-38D, appendix C).
    const decipher = createDecipheriv("aes-256-gcm", dek, nonce, { authTagLength: TAG_BYTES });
    decipher.setAuthTag(decodeBase64(tag));
    return utf8.decode(Buffer.concat([decipher.update(decodeBase64(ct)), decipher.final()]));
  } catch {
    return undefined;
  }
}

/** Encrypts one value as the official clients do. `decryptPayload` reads it. */
export function encryptPayload(value: string, dek: Uint8Array): object {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv("aes-256-gcm", dek, iv, { authTagLength: TAG_BYTES });
  const ct = Buffer.concat([cipher.update(value, "utf8"), cipher.final()]);
  const encode = encodeBase64Url;
  return {
    ...{ v: 1, alg: "AES-GCM", kdf: "none", iter: 0, salt: encode(randomBytes(SALT_BYTES)) },
    ...{ iv: encode(iv), tag: encode(cipher.getAuthTag()), ct: encode(ct) },
  };
}
