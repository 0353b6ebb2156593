import { createPrivateKey, createPublicKey, KeyObject } from "node:crypto";
import { importJWK } from "jose";
import { StashError } from "../lib/errors.ts";
import { fingerprintOf } from "./device-key.ts";
import { decodeBase64 } from "./encoding.ts";
import { isRecoveryShare, openRecoveryShare } from "./recovery-share.ts";

/** A key that already has access. It is in memory for as long as it takes to open one envelope, and never on disk. */
export interface GrantKey {
  privateKey: KeyObject;
  /** SPKI DER, to find the key on the service when fingerprints differ by a newline */
  publicKeyDer: Buffer;
  fingerprint: string;
}

/** Splits `17:KEY` into the service's id of the key, if it is given, and the key. */
export function splitGrantKey(text: string): { id: number | undefined; key: string } {
  const match = /^\s*(\d{1,15})\s*:\s*/.exec(text);
  return match ? { id: Number(match[1]), key: text.slice(match[0].length) } : { id: undefined, key: text };
}

/** Whether the text is a key itself, in any form that is read here; anything else can only be a path. */
export function holdsKey(key: string): boolean {
  const text = key.trim();
  return (
    text.includes("-----BEGIN") ||
    pemInBase64(text) !== undefined ||
    isRecoveryShare(text) ||
    text.startsWith("{")
  );
}

/**
 * Reads a grant key: PEM (CRLF, `\n`-escaped or flattened newlines too), base64 of PEM, a `SSREC1-` share, or a JWK.
 *
 * @throws {StashError} `GRANT_KEY_UNREADABLE`, which never tells more than the form that was tried
 */
export async function readGrantKey(text: string): Promise<GrantKey> {
  const privateKey = await readPrivateKey(text.trim());
  const publicKey = createPublicKey(privateKey);
  return {
    privateKey,
    publicKeyDer: publicKey.export({ type: "spki", format: "der" }),
    fingerprint: fingerprintOf(publicKey.export({ type: "spki", format: "pem" }).toString()),
  };
}

async function readPrivateKey(key: string): Promise<KeyObject> {
  let privateKey: KeyObject;
  try {
    privateKey = key.startsWith("{") ? await readJwk(key) : createPrivateKey(normalizePem(pemOf(key)));
  } catch {
    throw unreadable(
      "it is none of: a private key as PEM, base64 of PEM, a recovery share (SSREC1-…), a JWK, or a path to a file of " +
        "one of these; or it is encrypted with a passphrase",
    );
  }
  if (privateKey.asymmetricKeyType !== "rsa") throw unreadable("it is not an RSA key");
  return privateKey;
}

function pemOf(key: string): string {
  if (isRecoveryShare(key)) return openRecoveryShare(key.replaceAll(/\s/g, ""));
  return pemInBase64(key) ?? key;
}

/** PEM that somebody put into base64, to carry it on one line; `undefined` when it is not that. */
function pemInBase64(text: string): string | undefined {
  try {
    const decoded = decodeBase64(text.replaceAll(/\s/g, "")).toString("utf8");
    return decoded.includes("-----BEGIN") ? decoded : undefined;
  } catch {
    return undefined;
  }
}

/** Secret stores flatten newlines to `\n`, spaces or nothing; the base64 between the markers is all that matters. */
function normalizePem(pem: string): string {
  const match = /-----BEGIN ([A-Z ]+)-----(.*?)-----END \1-----/s.exec(pem.replaceAll(/\\r|\\n/g, "\n"));
  if (!match) throw new TypeError("not PEM");
  const lines = match[2]?.replaceAll(/\s/g, "").match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${match[1]}-----`, ...lines, `-----END ${match[1]}-----`, ""].join("\n");
}

/** jose checks the JWK's members against what it is to be used for (RFC 7517 section 4). */
async function readJwk(text: string): Promise<KeyObject> {
  const key = await importJWK(JSON.parse(text), "RSA-OAEP", { extractable: true });
  if (key instanceof Uint8Array || key.type !== "private") throw new TypeError("not a private key");
  return KeyObject.from(key as Parameters<typeof KeyObject.from>[0]);
}

function unreadable(why: string): StashError {
  return new StashError(
    "GRANT_KEY_UNREADABLE",
    `grant-key cannot be read: ${why}. Paste the content of device_private_key.pem, whole, into the secret it comes from.`,
  );
}

/** Whether a registered public key (PEM) is the grant key's, however its text was written. */
export function isSameKey(grantKey: GrantKey, publicKeyPem: string): boolean {
  try {
    return createPublicKey(publicKeyPem)
      .export({ type: "spki", format: "der" })
      .equals(grantKey.publicKeyDer);
  } catch {
    return false; // a key of another kind, or no key at all
  }
}
