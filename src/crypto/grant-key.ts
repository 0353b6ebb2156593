import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject } from "node:crypto";
import { StashError } from "../lib/errors.ts";
import { fingerprintOf } from "./device-key.ts";
import { decodeBase64 } from "./encoding.ts";
import { isRecoveryShare, openRecoveryShare } from "./recovery-share.ts";

/** A key that already has access. It stays in memory until its envelopes are opened, and is never written to disk. */
export interface GrantKey {
  privateKey: KeyObject;
  /** SPKI DER, to find the key on the service if the fingerprints differ by a newline */
  publicKeyDer: Buffer;
  fingerprint: string;
}

/** Splits `17:KEY` into the id under which the service knows the key, if it is given, and the key. */
export function splitGrantKey(text: string): { id: number | undefined; key: string } {
  const match = /^\s*(\d{1,15})\s*:\s*/.exec(text);
  return match ? { id: Number(match[1]), key: text.slice(match[0].length) } : { id: undefined, key: text };
}

/** Whether the text is itself a key, in any form that `readGrantKey` reads. Anything else can only be a path. */
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
 * @throws {StashError} `GRANT_KEY_UNREADABLE`, which says only which forms are accepted
 */
export function readGrantKey(text: string): GrantKey {
  const privateKey = readPrivateKey(text.trim());
  const publicKey = createPublicKey(privateKey);
  return {
    privateKey,
    publicKeyDer: publicKey.export({ type: "spki", format: "der" }),
    fingerprint: fingerprintOf(publicKey.export({ type: "spki", format: "pem" }).toString()),
  };
}

function readPrivateKey(key: string): KeyObject {
  let privateKey: KeyObject;
  try {
    privateKey = key.startsWith("{") ? readJwk(key) : createPrivateKey(normalizePem(pemOf(key)));
  } catch {
    throw unreadable(
      "it is not a private key in PEM format, base64 of PEM, a recovery share (SSREC1-…), a JWK, or the path of a file that holds " +
        "one of these; or it is protected by a passphrase",
    );
  }
  if (privateKey.asymmetricKeyType !== "rsa") throw unreadable("it is not an RSA key");
  return privateKey;
}

function pemOf(key: string): string {
  if (isRecoveryShare(key)) return openRecoveryShare(key.replaceAll(/\s/g, ""));
  return pemInBase64(key) ?? key;
}

/** Decodes PEM that somebody encoded as base64 to carry it on one line; `undefined` if it is not that. */
function pemInBase64(text: string): string | undefined {
  try {
    const decoded = decodeBase64(text.replaceAll(/\s/g, "")).toString("utf8");
    return decoded.includes("-----BEGIN") ? decoded : undefined;
  } catch {
    return undefined;
  }
}

/** Restores the lines of PEM, which secret stores flatten to `\n`, spaces or nothing. Only the base64 between the markers matters. */
function normalizePem(pem: string): string {
  const match = /-----BEGIN ([A-Z ]+)-----(.*?)-----END \1-----/s.exec(pem.replaceAll(/\\r|\\n/g, "\n"));
  if (!match) throw new TypeError("not PEM");
  const lines = match[2]?.replaceAll(/\s/g, "").match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${match[1]}-----`, ...lines, `-----END ${match[1]}-----`, ""].join("\n");
}

/** A JWK with the private members (RFC 7518 section 6.3.2); Node refuses one without them. */
function readJwk(text: string): KeyObject {
  return createPrivateKey({ key: JSON.parse(text) as JsonWebKey, format: "jwk" });
}

function unreadable(why: string): StashError {
  return new StashError(
    "GRANT_KEY_UNREADABLE",
    `grant-key cannot be used: ${why}. Paste the whole content of device_private_key.pem into the secret that grant-key comes from.`,
  );
}

/** Whether a registered public key (PEM) belongs to the grant key, however its text is formatted. */
export function isSameKey(grantKey: GrantKey, publicKeyPem: string): boolean {
  try {
    return createPublicKey(publicKeyPem)
      .export({ type: "spki", format: "der" })
      .equals(grantKey.publicKeyDer);
  } catch {
    return false; // It is a key of another type, or not a key.
  }
}
