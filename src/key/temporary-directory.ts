import { mkdir, rm, stat } from "node:fs/promises";
import { StashError, systemCode } from "../lib/errors.ts";
import { printable } from "../lib/printable.ts";
import { newKeyDirectoryPath } from "./path.ts";

const OTHERS_WRITE = 0o002;
const STICKY = 0o1000;

/**
 * Refuses a temp directory in which another user could replace the key directory: one that everybody can write to, without the sticky bit
 * that restricts users to their own files (inode(7), S_ISVTX). Windows has no modes; docs/threat-model.md says what protects the key there.
 *
 * @throws {StashError} `KEY_DIRECTORY_FAILED`
 */
export async function checkTemporaryDirectory(path: string, platform = process.platform): Promise<void> {
  if (platform === "win32") return;
  const mode = await stat(path).then(
    (found) => found.mode,
    (error) => {
      throw unusable(path, `cannot be used (${systemCode(error)})`, "", error);
    },
  );
  if ((mode & OTHERS_WRITE) === 0 || (mode & STICKY) !== 0) return;
  throw unusable(
    path,
    "can be written by every user and has no sticky bit, so any of them could replace the key directory",
    ", or run chmod +t on this one",
  );
}

/** Checks the directory, and creates and removes a directory there. Throws as `checkTemporaryDirectory` does. */
export async function probeTemporaryDirectory(path: string): Promise<void> {
  await checkTemporaryDirectory(path);
  const probe = newKeyDirectoryPath(path);
  try {
    await mkdir(probe, { mode: 0o700 });
    await rm(probe, { recursive: true });
  } catch (error) {
    throw unusable(path, `cannot be written (${systemCode(error)})`, "", error);
  }
}

function unusable(path: string, why: string, otherRemedy: string, cause?: unknown): StashError {
  return new StashError(
    "KEY_DIRECTORY_FAILED",
    `The temp directory ${printable(path)} ${why}. Set RUNNER_TEMP (on GitHub) or TMPDIR (elsewhere) to another directory${otherRemedy}.`,
    { cause },
  );
}
