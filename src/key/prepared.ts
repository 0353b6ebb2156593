import { createPrivateKey } from "node:crypto";
import { lstat, mkdir, rename, unlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { checkPrivateDirectory, readOwnFile } from "../lib/safe-file.ts";
import { PRIVATE_KEY_FILE } from "../stash/key-files.ts";
import { deleteKeyDirectory } from "./delete.ts";
import { describeOwner } from "./owner.ts";
import { checkTemporaryDirectory } from "./temporary-directory.ts";

// Whoever renames or unlinks this file has the key. Both are atomic (rename(2), unlink(2)), so a key is never used and abandoned at once.
const PREPARED_FILE = "prepared_key.pem";

/** Stores a key that nobody has asked for yet, in a key directory of its own. Throws the system's error. */
export async function writePreparedKey(path: string, privateKeyPem: string): Promise<void> {
  await checkTemporaryDirectory(dirname(path));
  await mkdir(path, { mode: 0o700 });
  const draft = join(path, `${PREPARED_FILE}.part`);
  try {
    await writeFile(draft, privateKeyPem, { flag: "wx", mode: 0o600 });
    await rename(draft, join(path, PREPARED_FILE));
  } catch (error) {
    await deleteKeyDirectory(path); // The disk may be full, and nobody else knows of the directory.
    throw error;
  }
}

// The process that prepares a key deletes it after ten minutes, so an older one is not of this job.
const FRESH_MS = 15 * 60_000;

/**
 * Claims a prepared key, if it is one that pre prepared: new, in a directory that is this user's own and closed to others.
 *
 * @returns the private key (PKCS#8 PEM), whose directory now belongs to the caller; `undefined` if there is none
 */
export async function claimPreparedKey(path: string): Promise<string | undefined> {
  const file = join(path, PRIVATE_KEY_FILE);
  try {
    await checkTemporaryDirectory(dirname(path));
    if (Math.abs(Date.now() - checkPrivateDirectory(path).mtimeMs) > FRESH_MS) return undefined;
    await rename(join(path, PREPARED_FILE), file);
  } catch {
    return undefined; // It is not there yet, or was abandoned.
  }
  try {
    const privateKeyPem = readOwnFile(file).toString("utf8");
    createPrivateKey(privateKeyPem);
    const { name, content } = await describeOwner();
    await writeFile(join(path, name), content, { flag: "wx", mode: 0o600 });
    return privateKeyPem;
  } catch {
    await deleteKeyDirectory(path); // A step changed it.
    return undefined;
  }
}

/** Deletes a key that nobody has claimed. @returns whether there was one */
export async function abandonPreparedKey(path: string): Promise<boolean> {
  try {
    await unlink(join(path, PREPARED_FILE));
  } catch {
    return false;
  }
  await deleteKeyDirectory(path);
  return true;
}

/** Whether the key is there and unclaimed. */
export async function isPrepared(path: string): Promise<boolean> {
  return lstat(join(path, PREPARED_FILE)).then(
    (found) => found.isFile(),
    () => false,
  );
}
