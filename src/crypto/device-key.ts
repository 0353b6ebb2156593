import { createHash, generateKeyPair } from "node:crypto";
import { promisify } from "node:util";

/** An RSA-4096 device key. Its private half lives in memory and in the key directory, until post deletes it. */
export interface DeviceKey {
  /** PKCS#8 PEM */
  privateKeyPem: string;
  /** SPKI PEM, final newline included */
  publicKeyPem: string;
  /** lower-case hex SHA-256 of the public PEM text */
  fingerprint: string;
}

/** Makes a fresh device key. Takes 0.3 to 1 s on one core of the thread pool: start it first. */
export async function generateDeviceKey(): Promise<DeviceKey> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)("rsa", {
    modulusLength: 4096,
    publicExponent: 0x10001,
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  return { privateKeyPem: privateKey, publicKeyPem: publicKey, fingerprint: fingerprintOf(publicKey) };
}

/** The fingerprint the service knows a key by: SHA-256 of the PEM text exactly as sent. */
export function fingerprintOf(publicKeyPem: string): string {
  return createHash("sha256").update(publicKeyPem, "utf8").digest("hex");
}
