import { chmod, lstat, readdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { rmRF } from "@actions/io";
import { DEVICE_FILE, PRIVATE_KEY_FILE } from "./key-directory.ts";
import { OWNER_FILE } from "./session-owner.ts";

/** What became of a key directory that should go. */
export type Deletion = "deleted" | "absent" | "replaced";

/**
 * Deletes a key directory in whatever state it is: missing, half written, read-only, or no directory any more. A link in its
 * place is unlinked and never followed: what it points at is not ours.
 *
 * @throws the system's error when something is left
 */
export async function deleteKeyDirectory(path: string): Promise<Deletion> {
  const found = await lstat(path).catch(ignoreAbsence);
  if (found === undefined) return "absent";
  if (!found.isDirectory()) {
    await unlink(path);
    return "replaced";
  }
  // A step may have taken our write permission away. chmod follows links, but only this user could have put one here
  // since the line above, and could then have changed its target's mode without us.
  await chmod(path, 0o700);
  await rmRF(path);
  return "deleted";
}

function ignoreAbsence(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

/** Deletes the key alone and leaves whatever else is in the directory. Throws as `deleteKeyDirectory` does. */
export async function deleteKeyFiles(path: string): Promise<Deletion> {
  const found = await lstat(path).catch(ignoreAbsence);
  if (!found?.isDirectory()) return "absent";
  await chmod(path, 0o700);
  for (const name of [PRIVATE_KEY_FILE, DEVICE_FILE, OWNER_FILE]) await rmRF(join(path, name));
  return "deleted";
}

/** Whether the directory holds more than a key: what env files replaced. */
export async function holdsBackups(path: string): Promise<boolean> {
  return (await readdir(path)).some((name) => name.endsWith(".backup"));
}
