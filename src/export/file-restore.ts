import { lstat, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { WrittenFile } from "../journal/written-file.ts";
import { readOwnFile, readPlainFile } from "../lib/safe-file.ts";
import { checkFolder, hashOf, replaceFile, versionOf } from "./file-write.ts";

const MAX_BACKUP = 64 * 1024 * 1024;

/**
 * Puts back exactly what was there before, or deletes the file if there was none, whoever wrote it last, because it may hold our values.
 * A link in its place is unlinked and never followed. In another folder than that of the write, nothing is touched.
 *
 * @returns whether what was there before is there again; it is lost if somebody deleted the key directory, and the backup with it
 * @throws {FolderReplacedError}, or the system's error if the file cannot be restored; the backup is then still there
 */
export async function restoreFile(file: WrittenFile): Promise<boolean> {
  if (!file.existed && (await isGone(dirname(file.path)))) return true;
  await deleteDraft(file);
  if (!file.written) return true; // The process was killed before the write: what is there is not ours.
  if (file.existed) {
    const before = ifThere(() => readOwnFile(file.backup, MAX_BACKUP));
    if (before !== undefined && hashOf(before) === file.originalHash) {
      await replaceFile(file.path, file.draft, before, file.mode);
      return true;
    }
    const found = ifThere(() => readPlainFile(file.path).bytes);
    if (found !== undefined && hashOf(found) === file.originalHash) return true; // It was restored already.
  }
  await rm(file.path, { force: true });
  return !file.existed;
}

/**
 * Restores a file that a killed job wrote long ago, but only if it is still that very file: the workspace may belong to another job by now.
 *
 * @throws the system's error if it cannot be restored
 */
export async function restoreForgottenFile(file: WrittenFile): Promise<void> {
  const found = await lstat(file.path).catch(() => undefined);
  if (found !== undefined && versionOf(found) === file.version) await restoreFile(file);
  else await deleteDraft(file).catch(() => {}); // Its folder is another one, or gone, and the draft with it.
}

/** Deletes the draft of a write that was killed before its rename. It holds values, too. Throws as `restoreFile` does. */
export async function deleteDraft(file: WrittenFile): Promise<void> {
  await checkFolder(file);
  await rm(file.draft, { force: true, recursive: true }); // A step could have put a folder there.
}

function isGone(path: string): Promise<boolean> {
  return lstat(path).then(
    () => false,
    (error) => error.code === "ENOENT",
  );
}

/** @returns `undefined` if there is nothing, or something that is not a file, which is then not ours */
function ifThere<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch (error) {
    if (["ENOENT", "ELOOP", "NOT_A_FILE"].includes((error as NodeJS.ErrnoException).code ?? ""))
      return undefined;
    throw error;
  }
}
