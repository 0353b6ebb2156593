import { createHash, createPublicKey, generateKeyPair } from "node:crypto";
import { promisify } from "node:util";

/** An RSA-4096 device key. The private half is held in memory and in the key directory, until the post step deletes it. */
export interface DeviceKey {
  /** PKCS#8 PEM */
  privateKeyPem: string;
  /** SPKI PEM, final newline included */
  publicKeyPem: string;
  /** lower-case hex SHA-256 of the public PEM text */
  fingerprint: string;
}

/** Generates a device key. This takes 0.3 to 1 s on one core of the thread pool, so start it first. */
export async function generateDeviceKey(): Promise<DeviceKey> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)("rsa", {
    modulusLength: 4096,
    publicExponent: 0x10001,
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  return { privateKeyPem: privateKey, publicKeyPem: publicKey, fingerprint: fingerprintOf(publicKey) };
}

// 128 bits: too many for anybody to find a second key that shows the same digits, few enough to compare by eye (docs/approvals.md).
const SHOWN_DIGITS = 32;

/** The first half of a fingerprint in groups of four, as people compare it. */
export function groupFingerprint(fingerprint: string): string {
  return (
    fingerprint
      .slice(0, SHOWN_DIGITS)
      .match(/.{1,4}/g)
      ?.join(" ") ?? ""
  );
}

/** Derives a device key from its private half (PKCS#8 PEM). */
export function deviceKeyOf(privateKeyPem: string): DeviceKey {
  const publicKeyPem = createPublicKey(privateKeyPem).export({ type: "spki", format: "pem" }).toString();
  return { privateKeyPem, publicKeyPem, fingerprint: fingerprintOf(publicKeyPem) };
}

/** The fingerprint under which the service knows a key: SHA-256 of the PEM text exactly as sent, in lower-case hex. */
export function fingerprintOf(publicKeyPem: string): string {
  return createHash("sha256").update(publicKeyPem, "utf8").digest("hex");
}

/**
 * Reads a registered public key and writes it in the form in which it is sent: the registered text may have lost its final newline.
 *
 * @returns `undefined` for anything but an RSA-4096 key
 */
export function readPublicKey(pem: string): Pick<DeviceKey, "publicKeyPem" | "fingerprint"> | undefined {
  try {
    const key = createPublicKey({ key: pem, format: "pem" });
    if (key.asymmetricKeyType !== "rsa" || key.asymmetricKeyDetails?.modulusLength !== 4096) return undefined;
    const publicKeyPem = key.export({ type: "spki", format: "pem" }).toString();
    return { publicKeyPem, fingerprint: fingerprintOf(publicKeyPem) };
  } catch {
    return undefined;
  }
}

/** Whether two texts (PEM) are one public key, however they are formatted. A text that is no key is the same as none. */
export function isSamePublicKey(one: string | undefined, other: string): boolean {
  try {
    return one !== undefined && createPublicKey(one).equals(createPublicKey(other));
  } catch {
    return false;
  }
}
