import { chmod, lstat, readdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { rmRF } from "@actions/io";

/** The result of deleting a key directory. `replaced`: something else stood in its place, and was removed. */
export type Deletion = "deleted" | "absent" | "replaced";

/**
 * Deletes a key directory in whatever state it is: missing, half written, read-only, or replaced by something else. A link in its place
 * is unlinked and never followed, because its target is not ours.
 *
 * @throws the system's error if something is left
 */
export async function deleteKeyDirectory(path: string): Promise<Deletion> {
  const found = await lstat(path).catch(ignoreAbsence);
  if (found === undefined) return "absent";
  if (!found.isDirectory()) {
    await unlink(path);
    return "replaced";
  }
  // A step may have removed our write permission. chmod follows links, but only this user could have put one here since the line above,
  // and could have changed the mode of its target without us.
  await chmod(path, 0o700);
  await rmRF(path);
  return "deleted";
}

function ignoreAbsence(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

/** Deletes everything but the backups of files, which are the only copies. Throws as `deleteKeyDirectory` does. */
export async function deleteKeyFiles(path: string): Promise<Deletion> {
  const found = await lstat(path).catch(ignoreAbsence);
  if (!found?.isDirectory()) return "absent";
  await chmod(path, 0o700);
  const names = await readdir(path);
  for (const name of names.filter((name) => !isBackup(name))) await rmRF(join(path, name));
  return "deleted";
}

/** Whether a key directory holds the only copy of a file. */
export async function holdsBackups(path: string): Promise<boolean> {
  if (path === "") return false;
  return (await readdir(path).catch(() => [])).some(isBackup);
}

function isBackup(name: string): boolean {
  return name.endsWith(".backup");
}
