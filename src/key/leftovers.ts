import { lstat, readdir, realpath } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join, relative } from "node:path";
import { isSessionDirectoryPath } from "../ci/session-directory.ts";
import { DEVICE_FILE } from "../stash/key-files.ts";
import { readKeyDirectoryFile } from "./directory.ts";
import { isOwnerAlive } from "./owner.ts";
import { isKeyDirectoryPath } from "./path.ts";

/** A key directory, or a session directory without one, of a session that is running or was killed. */
export interface Leftover {
  path: string;
  /** whether its session is gone, and its key has expired or, if it has none, it is old */
  isDead: boolean;
}

const VERY_OLD_MS = 24 * 60 * 60_000; // No key lives that long, whatever a file says.
const OLD_MS = 2 * 60 * 60_000; // for a directory that does not say when its key expires

/** Lists the leftovers of this user, in the temp directory and in session directories there. */
export async function listLeftovers(temporaryDirectory: string): Promise<Leftover[]> {
  const names = await readdir(temporaryDirectory).catch(() => []);
  const candidates: string[] = [];
  for (const path of names.map((name) => join(temporaryDirectory, name))) {
    if (isKeyDirectoryPath(path)) candidates.push(path);
    else if (isSessionDirectoryPath(path) && (await isOurs(path))) {
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
 * Whether this is a directory (not a link to one) that belongs to this user. Windows does not tell the owner, so only a directory in the
 * user's profile counts there: elsewhere, as in C:\Windows\Temp, anybody could have planted it, and with it the paths that a sweep restores.
 *
 * @param user `null` on systems without owners
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
  const made = await lstat(path).catch(() => undefined);
  if (made === undefined) return false;
  const age = Date.now() - made.mtimeMs;
  const expiresAt = readExpiry(path);
  return expiresAt === undefined ? age >= OLD_MS : expiresAt <= Date.now() || age >= VERY_OLD_MS;
}

function readExpiry(path: string): number | undefined {
  try {
    const { expires_at } = Object(JSON.parse(readKeyDirectoryFile(path, DEVICE_FILE)));
    const time = Date.parse(expires_at);
    return Number.isNaN(time) ? undefined : time;
  } catch {
    return undefined; // The session was killed before the file was written, or half-way through.
  }
}
