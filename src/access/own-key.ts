import { join } from "node:path";
import { DEVICE_FILE, PRIVATE_KEY_FILE } from "../key/directory.ts";
import { StashError, systemCode } from "../lib/errors.ts";
import { printable } from "../lib/printable.ts";
import { readNamedFile } from "../lib/safe-file.ts";

/** A person's own device key, as an official client stores it. It is read and never written. */
export interface OwnKey {
  id: number;
  /** PKCS#8 PEM, held in memory until the command ends */
  privateKeyPem: string;
}

/**
 * Reads a key directory of either official client (docs/protocol.md, The key directory).
 *
 * @throws {StashError} `APPROVER_KEY_UNREADABLE`
 */
export function readOwnKey(path: string): OwnKey {
  const unreadable = (why: string, cause?: unknown) =>
    new StashError(
      "APPROVER_KEY_UNREADABLE",
      `There is no usable device key in ${printable(path)}: ${why}. Create one with an official client (secret-stash key init), or set ` +
        "--key-dir to its directory.",
      { cause },
    );
  const read = (file: string) => {
    try {
      return readNamedFile(join(path, file)).toString("utf8");
    } catch (error) {
      throw unreadable(`${file} cannot be read (${systemCode(error)})`, error);
    }
  };
  const privateKeyPem = read(PRIVATE_KEY_FILE);
  const device = parseObject(read(DEVICE_FILE));
  const id = Number(device.device_key_id);
  if (!Number.isSafeInteger(id) || id < 1) throw unreadable(`${DEVICE_FILE} does not hold the key's id`);
  return { id, privateKeyPem };
}

function parseObject(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {}; // The message of JSON.parse would quote the file.
  }
}
