import { createHash, randomBytes } from "node:crypto";
import { openEnvelope, wrapDek } from "../crypto/envelope.ts";
import { decryptPayload, encryptPayload } from "../crypto/payload.ts";
import { readKeyDirectoryFile, writeKeyDirectoryFile } from "../key/directory.ts";
import { StashError } from "../lib/errors.ts";
import type { Secret } from "../lib/secret.ts";
import { PRIVATE_KEY_FILE } from "../stash/key-files.ts";

const FILE = "secrets.jsonl";
const SECRETS_PER_LINE = 200; // A single payload for all of them would be held in memory six times over.

const MAX_BYTES = 512 * 1024 * 1024; // the values of the largest answer that is read, encrypted

/** How to read what was kept. */
export interface KeptReading {
  /** without it, the key is in the envelope */
  key?: Buffer | undefined;
  /** SHA-256 of the file in hex; without it, nobody can tell whether a step replaced it */
  hash?: string | undefined;
}

/** Creates a key for the kept secrets of one session. */
export function newKeptKey(): Buffer {
  return randomBytes(32);
}

/**
 * Stores the secrets of a session for `mask`, the redirected log and the leak check, which run in processes of their own. They are gone
 * when the key directory is (docs/decisions/0008, 0009, 0015).
 *
 * @param publicKeyPem the temporary key's, where later commands of the job read the secrets: their key is then stored next to it, in an
 *   envelope. Without it, only who is told the key can read them.
 * @returns the hash of the file
 * @throws {StashError} `KEY_DIRECTORY_FAILED`
 */
export async function keepSecrets(
  keyDirectory: string,
  secrets: readonly Secret[],
  key: Buffer,
  publicKeyPem?: string,
): Promise<string> {
  const hash = createHash("sha256");
  const lines = function* () {
    for (const line of encryptedLines(secrets, key, publicKeyPem)) {
      hash.update(line);
      yield line;
    }
  };
  await writeKeyDirectoryFile(keyDirectory, FILE, lines());
  return hash.digest("hex");
}

/** The first line holds the number of secrets, so that a truncated file is not taken for a whole one, and the envelope. Payloads follow. */
function* encryptedLines(
  secrets: readonly Secret[],
  key: Buffer,
  publicKeyPem: string | undefined,
): Generator<string> {
  const envelope = publicKeyPem === undefined ? undefined : wrapDek(key, publicKeyPem);
  yield `${JSON.stringify({ envelope, count: secrets.length })}\n`;
  for (let start = 0; start < secrets.length; start += SECRETS_PER_LINE) {
    const some = JSON.stringify(secrets.slice(start, start + SECRETS_PER_LINE));
    yield `${JSON.stringify(encryptPayload(some, key))}\n`;
  }
}

/** @throws {StashError} `MASKS_UNREADABLE` */
export function readKeptSecrets(keyDirectory: string, kept: KeptReading = {}): Secret[] {
  try {
    if (keyDirectory === "") throw new RangeError("there is no key directory");
    const text = readKeyDirectoryFile(keyDirectory, FILE, MAX_BYTES);
    if (kept.hash !== undefined && createHash("sha256").update(text).digest("hex") !== kept.hash) {
      throw new TypeError("the file is not what was kept");
    }
    const [head = "", ...payloads] = text.trimEnd().split("\n");
    const { envelope, count } = JSON.parse(head);
    const key = kept.key ?? openEnvelope(envelope, readKeyDirectoryFile(keyDirectory, PRIVATE_KEY_FILE));
    const secrets: Secret[] = payloads.flatMap((payload) => JSON.parse(decryptPayload(payload, key) ?? ""));
    if (secrets.length !== count) throw new RangeError("the file is truncated");
    return secrets;
  } catch (cause) {
    throw masksUnreadable(cause);
  }
}

function masksUnreadable(cause: unknown): StashError {
  return new StashError(
    "MASKS_UNREADABLE",
    "The masks of this session cannot be read, so no output is let through. The session may have been cleaned up already, or a step may " +
      "have deleted its key directory. Pull again.",
    { cause },
  );
}
