import {
  constants,
  createCipheriv,
  createHash,
  generateKeyPair,
  publicEncrypt,
  randomBytes,
} from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

// The account owner's side: what an official client does on a laptop. It shares no code with `src/`, so that the action is
// tested against another implementation of docs/protocol.md; and it is the only side of the server that ever sees a DEK.

export interface KeyPair {
  privateKey: string;
  publicKey: string;
}

export function generateKeys(): Promise<KeyPair> {
  return promisify(generateKeyPair)("rsa", {
    modulusLength: 4096,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
}

export function makeDek(): Buffer {
  return randomBytes(32);
}

export function encryptValue(value: string | Buffer, dek: Buffer) {
  const iv = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", dek, iv);
  const ct = Buffer.concat([cipher.update(Buffer.from(value)), cipher.final()]);
  const text = (bytes: Buffer) => bytes.toString("base64url");
  const salt = text(randomBytes(16));
  return {
    v: 1,
    alg: "AES-GCM",
    kdf: "none",
    iter: 0,
    salt,
    iv: text(iv),
    tag: text(cipher.getAuthTag()),
    ct: text(ct),
  };
}

export function wrapForKey(dek: Buffer, publicKey: string) {
  const key = { key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha1" };
  return { v: 1, alg: "RSA-OAEP", ct: publicEncrypt(key, dek).toString("base64url") };
}

/** Writes a key directory as the official clients do for a regular key. */
export function writeKeyDirectory(
  path: string,
  id: number,
  label: string,
  { privateKey, publicKey }: KeyPair,
): void {
  const fingerprint = createHash("sha256").update(publicKey).digest("hex");
  const device = { device_key_id: id, label, public_key: publicKey, fingerprint };
  mkdirSync(path, { mode: 0o700 });
  writeFileSync(join(path, "device_private_key.pem"), privateKey, { mode: 0o600, flag: "wx" });
  writeFileSync(join(path, "device.json"), JSON.stringify(device, null, 2), { mode: 0o600, flag: "wx" });
}
