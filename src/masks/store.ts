import { randomBytes } from "node:crypto";
import { openEnvelope, wrapDek } from "../crypto/envelope.ts";
import { decryptPayload, encryptPayload } from "../crypto/payload.ts";
import { PRIVATE_KEY_FILE, readKeyDirectoryFile, writeKeyDirectoryFile } from "../key/directory.ts";
import { StashError } from "../lib/errors.ts";
import type { Secret } from "../lib/secret.ts";

const FILE = "secrets.jsonl";
const SECRETS_A_LINE = 200; // one payload for all of them would be held in memory six times over

/**
 * Keeps what must show nowhere for `mask`, the redirected log and the leak check, which run in processes of their own: encrypted for
 * the temporary key and beside it, so that it dies with the key (docs/decisions/0007, 0009).
 */
export async function keepSecrets(
  keyDirectory: string,
  publicKeyPem: string,
  secrets: readonly Secret[],
): Promise<void> {
  await writeKeyDirectoryFile(keyDirectory, FILE, encryptedLines(secrets, publicKeyPem));
}

/** First the envelope, and how many there are, so that a file that was cut off is not taken for a whole one; then payloads of several each. */
function* encryptedLines(secrets: readonly Secret[], publicKeyPem: string): Generator<string> {
  const key = randomBytes(32);
  yield `${JSON.stringify({ envelope: wrapDek(key, publicKeyPem), count: secrets.length })}\n`;
  for (let start = 0; start < secrets.length; start += SECRETS_A_LINE) {
    const some = JSON.stringify(secrets.slice(start, start + SECRETS_A_LINE));
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
    if (secrets.length !== count) throw new RangeError("cut off");
    return secrets;
  } catch (cause) {
    throw masksUnreadable(cause);
  }
}

export function masksUnreadable(cause: unknown): StashError {
  return new StashError(
    "MASKS_UNREADABLE",
    "The masks of this session cannot be read, so nothing is let through. The session may have been cleaned up already, or a " +
      "step deleted its key directory. Pull again.",
    { cause },
  );
}
