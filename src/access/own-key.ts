import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { printable, StashError, systemCode } from "../lib/errors.ts";
import { DEVICE_FILE, PRIVATE_KEY_FILE } from "../key/directory.ts";

/** A person's own device key, as an official client keeps it. It is read, never written. */
export interface OwnKey {
  id: number;
  /** PKCS#8 PEM, in memory until the command ends */
  privateKeyPem: string;
}

/**
 * Reads a key directory of either official client (docs/protocol.md, The key directory).
 *
 * @throws {StashError} `APPROVER_KEY_UNREADABLE`
 */
export async function readOwnKey(path: string): Promise<OwnKey> {
  const unreadable = (why: string, cause?: unknown) =>
    new StashError(
      "APPROVER_KEY_UNREADABLE",
      `There is no device key to approve with in ${printable(path)}: ${why}. Make one with an official client (secret-stash key init), ` +
        "or name its directory with --key-dir.",
      { cause },
    );
  const read = async (file: string) => {
    try {
      return await readFile(join(path, file), "utf8");
    } catch (error) {
      throw unreadable(`${file} cannot be read (${systemCode(error)})`, error);
    }
  };
  const privateKeyPem = await read(PRIVATE_KEY_FILE);
  const device = parseObject(await read(DEVICE_FILE));
  const id = Number(device.device_key_id);
  if (!Number.isSafeInteger(id) || id < 1) throw unreadable(`${DEVICE_FILE} does not tell the key's id`);
  return { id, privateKeyPem };
}

function parseObject(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {}; // JSON.parse's own message quotes the file
  }
}
