import { lstat, readdir, readFile, realpath } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join, relative } from "node:path";
import { DEVICE_FILE, isKeyDirectoryPath } from "./directory.ts";
import { isOwnerAlive } from "./owner.ts";

/** A key directory, or a session directory without one, that some session made: one that runs, or one that was killed. */
export interface Leftover {
  path: string;
  /** its key has expired, or it is old and has none, and whoever made it is gone */
  isDead: boolean;
}

const OLD_MS = 2 * 60 * 60_000; // of one that does not tell when its key expires

/** Those of this user, in the temp directory itself and in session directories there. */
export async function listLeftovers(temporaryDirectory: string): Promise<Leftover[]> {
  const names = await readdir(temporaryDirectory).catch(() => []);
  const candidates: string[] = [];
  for (const path of names.map((name) => join(temporaryDirectory, name))) {
    if (isKeyDirectoryPath(path)) candidates.push(path);
    else if (/[/\\]secret-stash-session-[\w.-]+$/.test(path) && (await isOurs(path))) {
      const inner = await readdir(path).catch(() => []);
      const keyDirectories = inner.map((name) => join(path, name)).filter(isKeyDirectoryPath);
      candidates.push(...(keyDirectories.length > 0 ? keyDirectories : [path]));
    }
  }
  const leftovers: Leftover[] = [];
  for (const path of candidates) {
    if (await isOurs(path)) leftovers.push({ path, isDead: await isDead(path) });
  }
  return leftovers;
}

/**
 * A directory itself, not a link to one, and this user's. On Windows, where nothing tells an owner, only what lies in the user's profile is
 * his: elsewhere, as in C:\Windows\Temp, anybody could have planted it, and with it the paths that a sweep restores.
 *
 * @param user `null` where there are no owners
 */
export async function isOurs(
  path: string,
  user = process.getuid?.() ?? null,
  home = homedir(),
): Promise<boolean> {
  try {
    const found = await lstat(path);
    if (!found.isDirectory()) return false;
    if (user !== null) return found.uid === user;
    const steps = relative(await realpath(home), await realpath(path));
    return !steps.startsWith("..") && !isAbsolute(steps);
  } catch {
    return false;
  }
}

async function isDead(path: string): Promise<boolean> {
  if (await isOwnerAlive(path)) return false;
  const expiresAt = await readExpiry(path);
  if (expiresAt !== undefined) return expiresAt <= Date.now();
  const made = await lstat(path).catch(() => undefined);
  return made !== undefined && Date.now() - made.mtimeMs >= OLD_MS;
}

async function readExpiry(path: string): Promise<number | undefined> {
  try {
    const { expires_at } = Object(JSON.parse(await readFile(join(path, DEVICE_FILE), "utf8")));
    const time = Date.parse(expires_at);
    return Number.isNaN(time) ? undefined : time;
  } catch {
    return undefined; // killed before it was written, or half of it
  }
}
