import { lstat, readFile, rm } from "node:fs/promises";
import type { EnvFileRecord } from "../journal/env-file-record.ts";
import { hashOf, identityOf, replaceFile } from "./env-file.ts";

/**
 * Puts back exactly what was there before, or deletes the file if there was none, whoever wrote it last, because it may hold our values.
 * A link in its place is unlinked and never followed.
 *
 * @returns whether what was there before is there again; it is lost if somebody deleted the key directory, and the backup with it
 * @throws the system's error if the file cannot be restored; the backup is then still there
 */
export async function restoreEnvFile(file: EnvFileRecord): Promise<boolean> {
  await deleteDraft(file);
  if (file.existed) {
    const before = await readFile(file.backup).catch(ignoreAbsence);
    if (before !== undefined) {
      await replaceFile(file.path, file.draft, before, file.mode);
      return true;
    }
    if (!file.written) return true; // The process was killed before the write: the file is not ours.
    const found = await readFile(file.path).catch(ignoreAbsence);
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
export async function restoreForgottenEnvFile(file: EnvFileRecord): Promise<void> {
  const found = await lstat(file.path).catch(ignoreAbsence);
  if (found !== undefined && identityOf(found) === file.identity) await restoreEnvFile(file);
  else await deleteDraft(file);
}

/** Deletes the draft of a write that was killed before its rename. It holds values, too. */
export async function deleteDraft({ draft }: EnvFileRecord): Promise<void> {
  await rm(draft, { force: true });
}

function ignoreAbsence(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}
