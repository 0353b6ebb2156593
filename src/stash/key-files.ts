import { join } from "node:path";
import { systemCode } from "../lib/errors.ts";
import { readNamedFile } from "../lib/safe-file.ts";

/** The two files of a key directory, as the official clients name them (docs/protocol.md, The key directory). */
export const PRIVATE_KEY_FILE = "device_private_key.pem";
export const DEVICE_FILE = "device.json";

/** A device key that a person or a service owns, as an official client stores it. It is read and never written. */
export interface OwnKey {
  id: number;
  /** PKCS#8 PEM, held in memory until the process ends */
  privateKeyPem: string;
}

/**
 * Reads a key directory that somebody names to us.
 *
 * @param refuse makes the error, from what is wrong
 */
export function readOwnKeyFiles(path: string, refuse: (why: string, cause?: unknown) => Error): OwnKey {
  const read = (file: string) => {
    try {
      return readNamedFile(join(path, file)).toString("utf8");
    } catch (error) {
      throw refuse(`${file} cannot be read (${systemCode(error)})`, error);
    }
  };
  const privateKeyPem = read(PRIVATE_KEY_FILE);
  const id = Number(parseObject(read(DEVICE_FILE)).device_key_id);
  if (!Number.isSafeInteger(id) || id < 1) throw refuse(`${DEVICE_FILE} does not hold the key's id`);
  return { id, privateKeyPem };
}

function parseObject(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {}; // The message of JSON.parse would quote the file.
  }
}
