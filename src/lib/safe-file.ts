import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  type Stats,
  statSync,
} from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readIfReady } from "./blocking-io.ts";

// Every file that this process did not make just now is opened here: somebody may have put a link, a pipe or a device in its place, which
// leads elsewhere, never ends, or blocks the process where neither a timeout nor a signal reaches it.

/** Why a file is not read. Its `code` is shown like a system's error code. */
class UnsafeFileError extends Error {
  readonly code: "NOT_A_FILE" | "NOT_OURS" | "OPEN_TO_OTHERS" | "TOO_LARGE" | "NO_END";

  constructor(code: UnsafeFileError["code"]) {
    super(code);
    this.code = code;
  }
}

const MiB = 1024 * 1024;
// Without O_NONBLOCK, opening a pipe waits for its other end (fifo(7)). Windows has neither of the two.
const NO_WAIT = constants.O_NONBLOCK ?? 0;
const NO_LINK = constants.O_NOFOLLOW ?? 0;
const OTHERS = 0o077;
const OTHERS_WRITE = 0o002;
const STICKY = 0o1000;

/**
 * Reads a file that an earlier process of ours wrote, in a directory of ours: never through a link, and only a regular file that belongs to
 * this user, in a directory that belongs to this user and is closed to all others.
 *
 * @throws the system's error; or one with the code `NOT_A_FILE`, `NOT_OURS`, `OPEN_TO_OTHERS` or `TOO_LARGE`
 */
export function readOwnFile(path: string, limit = MiB): Buffer {
  checkPrivateDirectory(dirname(path));
  return readRegularFile(path, { limit, links: false, owner: true }).bytes;
}

/**
 * Checks a directory of ours: not a link to one, owned by this user, and closed to all others. Windows has neither owners nor modes;
 * docs/threat-model.md says what protects its directories.
 *
 * @throws as `readOwnFile`
 */
export function checkPrivateDirectory(path: string): Stats {
  const found = lstatSync(path);
  if (!found.isDirectory()) throw new UnsafeFileError("NOT_A_FILE");
  if (!isOwn(found)) throw new UnsafeFileError("NOT_OURS");
  if (process.platform !== "win32" && (found.mode & OTHERS) !== 0)
    throw new UnsafeFileError("OPEN_TO_OTHERS");
  return found;
}

/**
 * Checks a directory that others may write to: it needs the sticky bit, which restricts users to their own files (inode(7), S_ISVTX).
 *
 * @throws as `readOwnFile`
 */
export function checkSharedDirectory(path: string): void {
  const { mode } = statSync(path);
  const isOpen = process.platform !== "win32" && (mode & OTHERS_WRITE) !== 0 && (mode & STICKY) === 0;
  if (isOpen) throw new UnsafeFileError("OPEN_TO_OTHERS");
}

/** Reads a file of the workspace, whoever owns it, but never through a link. Throws as `readOwnFile` does. */
export function readPlainFile(path: string, limit = 64 * MiB): { bytes: Buffer; stats: Stats } {
  return readRegularFile(path, { limit, links: false, owner: false });
}

/**
 * Reads a file that somebody named to us. It may be a link, and belong to anybody: secrets that Kubernetes and Docker mount are both.
 *
 * @throws as `readOwnFile`
 */
export function readNamedFile(path: string, limit = 16 * MiB): Buffer {
  return readRegularFile(path, { limit, links: true, owner: false }).bytes;
}

/** Whether a file is this user's. Windows does not tell. */
export function isOwn({ uid }: Stats): boolean {
  const user = process.geteuid?.();
  return user === undefined || uid === user;
}

/** Identifies a file or a directory for as long as it exists: nothing else has the same device and inode meanwhile (inode(7)). */
export function identityOf({ dev, ino }: Stats): string {
  return `${dev}:${ino}`;
}

function readRegularFile(
  path: string,
  { limit, links, owner }: { limit: number; links: boolean; owner: boolean },
): { bytes: Buffer; stats: Stats } {
  const descriptor = openSync(path, constants.O_RDONLY | NO_WAIT | (links ? 0 : NO_LINK));
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw new UnsafeFileError("NOT_A_FILE");
    if (owner && !isOwn(stats)) throw new UnsafeFileError("NOT_OURS");
    return { bytes: readUpTo(descriptor, limit), stats };
  } finally {
    closeSync(descriptor);
  }
}

/** Reads to the end, by as much as there is and not by the size, which is 0 for files of /proc, and can grow. */
function readUpTo(descriptor: number, limit: number): Buffer {
  const chunks: Buffer[] = [];
  for (let length = 0; length <= limit; ) {
    const chunk = Buffer.allocUnsafe(Math.min(MiB, limit + 1));
    const read = readSync(descriptor, chunk, 0, chunk.length, null);
    if (read === 0) return Buffer.concat(chunks);
    chunks.push(chunk.subarray(0, read));
    length += read;
  }
  throw new UnsafeFileError("TOO_LARGE");
}

const PIPE_PATIENCE_MS = 30_000;
const POLL_MS = 10;

/**
 * Reads a file, or a pipe that a shell made (`--api-token-file <(pass show ci)`), which ends when its writer does. Before the first byte,
 * the end of a pipe only means that nobody has opened it for writing yet.
 *
 * @throws as `readOwnFile`; or with the code `NO_END` if a pipe does not end within 30 s or before it is cancelled
 */
export async function readFileOrPipe(path: string, cancelled?: AbortSignal, limit = MiB): Promise<Buffer> {
  const descriptor = openSync(path, constants.O_RDONLY | NO_WAIT);
  try {
    const stats = fstatSync(descriptor);
    if (stats.isFile()) return readUpTo(descriptor, limit);
    if (!stats.isFIFO()) throw new UnsafeFileError("NOT_A_FILE");
    const endsAt = performance.now() + PIPE_PATIENCE_MS;
    const chunks: Buffer[] = [];
    const chunk = Buffer.allocUnsafe(64 * 1024);
    for (let length = 0; length <= limit; ) {
      const read = readIfReady(descriptor, chunk);
      if (read === 0 && length > 0) return Buffer.concat(chunks);
      if (read) {
        chunks.push(Buffer.from(chunk.subarray(0, read)));
        length += read;
      } else if (performance.now() > endsAt || cancelled?.aborted) throw new UnsafeFileError("NO_END");
      else await sleep(POLL_MS);
    }
    throw new UnsafeFileError("TOO_LARGE");
  } finally {
    closeSync(descriptor);
  }
}
