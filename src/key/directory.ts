import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { printable, StashError, systemCode } from "../lib/errors.ts";
import { describeOwner } from "./owner.ts";
import { checkTemporaryDirectory } from "./temporary-directory.ts";

export const PRIVATE_KEY_FILE = "device_private_key.pem";
export const DEVICE_FILE = "device.json";
const NAME_PREFIX = "secret-stash-tmp-";

/** A path nobody can guess, for a key directory that is not there yet. */
export function newKeyDirectoryPath(temporaryDirectory: string): string {
  return join(temporaryDirectory, NAME_PREFIX + randomBytes(8).toString("hex"));
}

/** Whether a path can be one of ours: post deletes nothing else. */
export function isKeyDirectoryPath(path: string): boolean {
  return /[/\\]secret-stash-tmp-[0-9a-f]{16}$/.test(path);
}

/**
 * Creates the key directory, for its owner alone from its first moment, with the private key in it. `mkdir` and the flag `wx`
 * fail on anything that is there already, a link too (open(2), O_EXCL).
 *
 * @throws {StashError} `KEY_DIRECTORY_FAILED`
 */
export async function createKeyDirectory(path: string, privateKeyPem: string): Promise<void> {
  await explained(path, async () => {
    await checkTemporaryDirectory(dirname(path));
    await mkdir(path, { mode: 0o700 });
    const { name, content } = await describeOwner();
    await createPrivateFile(join(path, name), content);
    await createPrivateFile(join(path, PRIVATE_KEY_FILE), privateKeyPem);
  });
}

/**
 * Adds `device.json`, in the names that the official clients read (docs/protocol.md, The key directory): with it, a later step can
 * run their commands on this directory. Throws as `createKeyDirectory` does.
 */
export async function writeDeviceFile(
  path: string,
  device: { id: number; label: string; publicKeyPem: string; fingerprint: string; expiresAt: string },
): Promise<void> {
  const content = {
    device_key_id: device.id,
    label: device.label,
    public_key: device.publicKeyPem,
    fingerprint: device.fingerprint,
    is_temporary: true,
    expires_at: device.expiresAt,
  };
  await explained(path, () => createPrivateFile(join(path, DEVICE_FILE), JSON.stringify(content, null, 2)));
}

/** Adds a file of ours to the key directory; it goes when the key does. Throws as `createKeyDirectory` does. */
export async function writeKeyDirectoryFile(
  path: string,
  name: string,
  content: string | Iterable<string>,
): Promise<void> {
  await explained(path, () => createPrivateFile(join(path, name), content));
}

/** @throws the system's error when it cannot be read */
export function readKeyDirectoryFile(path: string, name: string): Promise<string> {
  return readFile(join(path, name), "utf8");
}

function createPrivateFile(path: string, content: string | Iterable<string>): Promise<void> {
  return writeFile(path, content, { flag: "wx", mode: 0o600 });
}

async function explained(path: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof StashError) throw error;
    throw new StashError(
      "KEY_DIRECTORY_FAILED",
      `The key directory ${printable(path)} cannot be written (${systemCode(error)}). The temp directory may be missing, ` +
        "full or read-only. Check RUNNER_TEMP, or the system's temp directory where it is not set.",
      { cause: error },
    );
  }
}
