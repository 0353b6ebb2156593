import { randomBytes } from "node:crypto";
import { openEnvelope, wrapDek } from "../crypto/envelope.ts";
import { decryptPayload, encryptPayload } from "../crypto/payload.ts";
import { PRIVATE_KEY_FILE, readKeyDirectoryFile, writeKeyDirectoryFile } from "../device/key-directory.ts";
import { StashError } from "../errors.ts";
import type { Secret } from "./secret.ts";

const FILE = "secrets.json";

/**
 * Keeps what must show nowhere for `mask`, the redirected log and the leak check, which run in processes of their own: encrypted for
 * the temporary key and beside it, so that it dies with the key (docs/decisions/0007, 0009).
 */
export async function keepSecrets(
  keyDirectory: string,
  publicKeyPem: string,
  secrets: readonly Secret[],
): Promise<void> {
  const key = randomBytes(32);
  const content = {
    envelope: wrapDek(key, publicKeyPem),
    payload: encryptPayload(JSON.stringify(secrets), key),
  };
  await writeKeyDirectoryFile(keyDirectory, FILE, JSON.stringify(content));
}

/** @throws {StashError} `MASKS_UNREADABLE` */
export async function readKeptSecrets(keyDirectory: string): Promise<Secret[]> {
  try {
    const [privateKey, text] = await Promise.all([
      readKeyDirectoryFile(keyDirectory, PRIVATE_KEY_FILE),
      readKeyDirectoryFile(keyDirectory, FILE),
    ]);
    const { envelope, payload } = JSON.parse(text);
    return JSON.parse(decryptPayload(payload, openEnvelope(envelope, privateKey)) ?? "");
  } catch (cause) {
    throw new StashError(
      "MASKS_UNREADABLE",
      "The masks of this session cannot be read, so nothing is let through. The session may have been cleaned up already, or a " +
        "step deleted its key directory. Pull again.",
      { cause },
    );
  }
}
