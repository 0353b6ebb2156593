import { randomBytes } from "node:crypto";
import { openEnvelope, wrapDek } from "../crypto/envelope.ts";
import { decryptPayload, encryptPayload } from "../crypto/payload.ts";
import { PRIVATE_KEY_FILE, readKeyDirectoryFile, writeKeyDirectoryFile } from "../key/directory.ts";
import { StashError } from "../lib/errors.ts";
import type { Secret } from "../lib/secret.ts";

const FILE = "secrets.jsonl";
const SECRETS_PER_LINE = 200; // A single payload for all of them would be held in memory six times over.

/**
 * Stores the secrets of a session for `mask`, the redirected log and the leak check, which run in processes of their own. They are
 * encrypted for the temporary key and stored next to it, so they are gone when the key is (docs/decisions/0008, 0009).
 *
 * @throws {StashError} `KEY_DIRECTORY_FAILED`
 */
export async function keepSecrets(
  keyDirectory: string,
  publicKeyPem: string,
  secrets: readonly Secret[],
): Promise<void> {
  await writeKeyDirectoryFile(keyDirectory, FILE, encryptedLines(secrets, publicKeyPem));
}

/** The first line holds the envelope, and the number of secrets, so that a truncated file is not taken for a whole one. Payloads follow. */
function* encryptedLines(secrets: readonly Secret[], publicKeyPem: string): Generator<string> {
  const key = randomBytes(32);
  yield `${JSON.stringify({ envelope: wrapDek(key, publicKeyPem), count: secrets.length })}\n`;
  for (let start = 0; start < secrets.length; start += SECRETS_PER_LINE) {
    const some = JSON.stringify(secrets.slice(start, start + SECRETS_PER_LINE));
    yield `${JSON.stringify(encryptPayload(some, key))}\n`;
  }
}

/** @throws {StashError} `MASKS_UNREADABLE` */
export async function readKeptSecrets(keyDirectory: string): Promise<Secret[]> {
  try {
    const [privateKey, text] = await Promise.all([
      readKeyDirectoryFile(keyDirectory, PRIVATE_KEY_FILE),
      readKeyDirectoryFile(keyDirectory, FILE),
    ]);
    const [head = "", ...payloads] = text.trimEnd().split("\n");
    const { envelope, count } = JSON.parse(head);
    const key = openEnvelope(envelope, privateKey);
    const secrets: Secret[] = payloads.flatMap((payload) => JSON.parse(decryptPayload(payload, key) ?? ""));
    if (secrets.length !== count) throw new RangeError("the file is truncated");
    return secrets;
  } catch (cause) {
    throw masksUnreadable(cause);
  }
}

export function masksUnreadable(cause: unknown): StashError {
  return new StashError(
    "MASKS_UNREADABLE",
    "The masks of this session cannot be read, so no output is let through. The session may have been cleaned up already, or a step may " +
      "have deleted its key directory. Pull again.",
    { cause },
  );
}
