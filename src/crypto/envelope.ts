import { constants, type KeyObject, privateDecrypt, publicEncrypt } from "node:crypto";
import { StashError } from "../lib/errors.ts";
import { decodeBase64, encodeBase64Url } from "./encoding.ts";
import { parseWire } from "./wire-text.ts";

/** The data encryption key (DEK) of an environment, wrapped for one device key. */
export interface Envelope {
  v: 1;
  alg: "RSA-OAEP";
  /** base64url of the RSA ciphertext */
  ct: string;
}

const DEK_BYTES = 32;
// Both official clients use SHA-1. OAEP does not depend on collision resistance (RFC 8017 section B.1).
const OAEP = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha1" } as const;

/**
 * Unwraps the DEK. A wrong format, padding or length is one and the same error, so that an attacker learns nothing from it.
 *
 * @returns 32 bytes, held in memory until the session ends
 * @throws {StashError} `ENVELOPE_UNREADABLE`
 */
export function openEnvelope(wire: unknown, privateKey: KeyObject | string): Buffer {
  try {
    const { v, alg, ct } = parseWire(wire);
    if (v !== 1 || alg !== "RSA-OAEP") throw new TypeError("unknown envelope");
    const key = { ...OAEP, key: privateKey } as Parameters<typeof privateDecrypt>[0];
    const dek = privateDecrypt(key, decodeBase64(ct));
    if (dek.length !== DEK_BYTES) throw new TypeError("not a DEK");
    return dek;
  } catch {
    throw new StashError(
      "ENVELOPE_UNREADABLE",
      "The envelope for this job's temporary key cannot be opened. It was probably wrapped for another key. Run the job again. If the " +
        "error repeats, check the process that creates envelopes for new keys, or pass a grant-key instead.",
    );
  }
}

/** Wraps the DEK for one public key (SPKI PEM). */
export function wrapDek(dek: Uint8Array, publicKeyPem: string): Envelope {
  const ct = publicEncrypt({ ...OAEP, key: publicKeyPem }, dek);
  return { v: 1, alg: "RSA-OAEP", ct: encodeBase64Url(ct) };
}
