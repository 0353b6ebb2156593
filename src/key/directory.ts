import { lstatSync, readdirSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { StashError, systemCode } from "../lib/errors.ts";
import { printable } from "../lib/printable.ts";
import { readOwnFile } from "../lib/safe-file.ts";
import { DEVICE_FILE, PRIVATE_KEY_FILE } from "../stash/key-files.ts";
import { describeOwner, OWNER_FILE } from "./owner.ts";
import { isKeyDirectoryPath } from "./path.ts";
import { checkTemporaryDirectory } from "./temporary-directory.ts";

/**
 * Creates the key directory with the private key in it. Only its owner can enter it, from its first moment. `mkdir` and the flag `wx`
 * fail if anything is there already, a link included (open(2), O_EXCL).
 *
 * @throws {StashError} `KEY_DIRECTORY_FAILED`
 */
export async function createKeyDirectory(path: string, privateKeyPem: string): Promise<void> {
  await explainFailure(path, async () => {
    await checkTemporaryDirectory(dirname(path));
    await mkdir(path, { mode: 0o700 });
    const { name, content } = await describeOwner();
    await createPrivateFile(join(path, name), content);
    await createPrivateFile(join(path, PRIVATE_KEY_FILE), privateKeyPem);
  });
}

/**
 * Adds `device.json` with the names that the official clients read (docs/protocol.md, The key directory), so that a later step can run
 * their commands with this key directory. Throws as `createKeyDirectory` does.
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
  await writeKeyDirectoryFile(path, DEVICE_FILE, JSON.stringify(content, null, 2));
}

/** Adds a file to the key directory, to be deleted with it. Throws as `createKeyDirectory` does. */
export async function writeKeyDirectoryFile(
  path: string,
  name: string,
  content: string | Iterable<string>,
): Promise<void> {
  await explainFailure(path, () => createPrivateFile(join(path, name), content));
}

/** The key directory in a session directory; `""` if there is none. It is looked for, because a stored path could have been changed. */
export function findKeyDirectory(sessionDirectory: string): string {
  const paths = readdirSync(sessionDirectory).map((name) => join(sessionDirectory, name));
  return paths.find(isKeyDirectoryPath) ?? "";
}

/** When the session began, by the clock of the file system: when its first file was written. Milliseconds since 1970. */
export function sessionStart(path: string): number {
  return lstatSync(join(path, OWNER_FILE)).mtimeMs;
}

/** Reads a file of the key directory. Throws as `readOwnFile` does. */
export function readKeyDirectoryFile(path: string, name: string, limit?: number): string {
  return readOwnFile(join(path, name), limit).toString("utf8");
}

function createPrivateFile(path: string, content: string | Iterable<string>): Promise<void> {
  return writeFile(path, content, { flag: "wx", mode: 0o600 });
}

async function explainFailure(path: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof StashError) throw error;
    throw new StashError(
      "KEY_DIRECTORY_FAILED",
      `The key directory ${printable(path)} cannot be written (${systemCode(error)}). The temp directory may be missing, full or ` +
        "read-only. Check RUNNER_TEMP, or the system's temp directory if RUNNER_TEMP is not set.",
      { cause: error },
    );
  }
}
