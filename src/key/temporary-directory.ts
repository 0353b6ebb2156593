import { mkdir, rm, stat } from "node:fs/promises";
import { printable, StashError, systemCode } from "../lib/errors.ts";
import { newKeyDirectoryPath } from "./directory.ts";

const OTHERS_WRITE = 0o002;
const STICKY = 0o1000;

/**
 * Refuses a temp directory in which other users could put something in a key directory's place: one that all may write, without the
 * sticky bit that keeps each to his own files (open(2), S_ISVTX). On Windows modes say nothing:
 * docs/threat-model.md tells what protects the key there.
 *
 * @throws {StashError} `KEY_DIRECTORY_FAILED`
 */
export async function checkTemporaryDirectory(path: string, platform = process.platform): Promise<void> {
  if (platform === "win32") return;
  const mode = await stat(path).then(
    (found) => found.mode,
    (error) => {
      throw unusable(path, `cannot be used (${systemCode(error)})`, error);
    },
  );
  if ((mode & OTHERS_WRITE) === 0 || (mode & STICKY) !== 0) return;
  throw unusable(
    path,
    "can be written by every user and has no sticky bit, so that any of them could replace the key directory",
  );
}

/** Also tries it out: makes a directory there and removes it. Throws as `checkTemporaryDirectory` does. */
export async function probeTemporaryDirectory(path: string): Promise<void> {
  await checkTemporaryDirectory(path);
  const probe = newKeyDirectoryPath(path);
  try {
    await mkdir(probe, { mode: 0o700 });
    await rm(probe, { recursive: true });
  } catch (error) {
    throw unusable(path, `cannot be written (${systemCode(error)})`, error);
  }
}

function unusable(path: string, why: string, cause?: unknown): StashError {
  return new StashError(
    "KEY_DIRECTORY_FAILED",
    `The temp directory ${printable(path)} ${why}. Name another with RUNNER_TEMP, or TMPDIR where it is not set; or run chmod +t on it.`,
    { cause },
  );
}
