import { chmod, lstat, readdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { rmRF } from "@actions/io";

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

/** Deletes all but what env files replaced, of which these are the only copies. Throws as `deleteKeyDirectory` does. */
export async function deleteKeyFiles(path: string): Promise<Deletion> {
  const found = await lstat(path).catch(ignoreAbsence);
  if (!found?.isDirectory()) return "absent";
  await chmod(path, 0o700);
  const names = await readdir(path);
  for (const name of names.filter((name) => !isBackup(name))) await rmRF(join(path, name));
  return "deleted";
}

function isBackup(name: string): boolean {
  return name.endsWith(".backup");
}
