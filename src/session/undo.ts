import { relative } from "node:path";
import type { Host } from "../ci/host.ts";
import { realPath } from "../ci/real-path.ts";
import { deleteDraft, restoreFile } from "../export/file-restore.ts";
import { FolderReplacedError } from "../export/file-write.ts";
import { formatCleanUpSummary } from "../format/summary.ts";
import type { CleanUpInputs } from "../inputs/clean-up.ts";
import type { SavedUndo, Undo } from "../journal/undo-journal.ts";
import { type FileKind, placeWrittenFiles, type WrittenFile } from "../journal/written-file.ts";
import { deleteKeyDirectory, deleteKeyFiles } from "../key/delete.ts";
import { keyDirectoryIn } from "../key/path.ts";
import { systemCode } from "../lib/errors.ts";
import { listNames, printable } from "../lib/printable.ts";
import { describeExpiry, revokeKey } from "./revoke.ts";

/**
 * Undoes a session as far as it got: first what is on this machine, then what needs the network. Each part is tried whatever happened to
 * the others. A warning says what is left, and when that ends by itself. Of a list that is not sealed, only the key directory counts.
 *
 * @param leakOutcome the outcome of the leak check, for the summary page
 * @returns whether everything was undone, and what kind of file with values may be left
 */
export async function undoSession(
  host: Host,
  inputs: Omit<CleanUpInputs, "leakCheck" | "leakIgnore">,
  saved: SavedUndo,
  leakOutcome?: string,
): Promise<{ isUndone: boolean; filesLeft: FileKind | undefined }> {
  const { log, job } = host;
  const { undo } = saved;
  const warnings: string[] = [];
  const keyDirectory = keyDirectoryIn(job.temporaryDirectory, undo.keyDirectory ?? "");
  const { unrestored, filesLeft } = await restoreFiles(saved, keyDirectory ?? "", warnings);
  const files = warnings.length === 0 ? describeFiles(undo, job.workspace) : []; // Otherwise the warnings say it.
  await removeKeyDirectory(keyDirectory, undo, unrestored, warnings);
  const isRevoked = await revokeKey(host, inputs, saved, warnings);
  for (const warning of warnings) log.warn(`SecretStash clean-up: ${warning}`);
  const end = `temporary key is ${isRevoked ? "gone" : `deleted from this machine; on the service it ${describeExpiry(undo)}`}.`;
  if (warnings.length === 0 && undo.fingerprint !== undefined) log.info(`SecretStash: the ${end}`);
  if (undo.isPulled && inputs.summary) {
    await log.summarize(
      formatCleanUpSummary([
        ...(warnings.length === 0 ? [`The ${end}`] : warnings),
        ...files,
        ...(leakOutcome ? [leakOutcome] : []),
      ]),
    );
  }
  return { isUndone: warnings.length === 0, filesLeft };
}

function describeFiles({ envFiles = [], keepEnvFiles = false }: Undo, workspace: string): string[] {
  const root = realPath(workspace); // as env files are located
  const kept = keepEnvFiles ? envFiles.filter(({ kind }) => kind === "env file") : [];
  const others = envFiles.filter((file) => !kept.includes(file));
  const parts: [string, readonly { path: string }[]][] = [
    ["Kept, as requested", kept],
    ["Restored", others.filter(({ existed }) => existed)],
    ["Deleted", others.filter(({ existed }) => !existed)],
  ];
  return parts
    .filter(([, files]) => files.length > 0)
    .map(([what, files]) => `${what}: ${listNames(files.map(({ path }) => relative(root, path)))}.`);
}

/** @returns the files that existed before and could not be restored, and what kind of file with values may be left */
async function restoreFiles(
  { undo: { envFiles = [], keepEnvFiles = false }, isSealed }: SavedUndo,
  keyDirectory: string,
  warnings: string[],
): Promise<{ unrestored: WrittenFile[]; filesLeft: FileKind | undefined }> {
  const files = placeWrittenFiles(envFiles, keyDirectory);
  const isTemporary = ({ kind }: WrittenFile) => kind === "file" || !keepEnvFiles;
  if (!isSealed) {
    for (const { path, kind, existed, backup } of files.filter(isTemporary)) {
      const remedy = existed ? `Its earlier content is in ${printable(backup)}` : "Delete it";
      warnings.push(
        `the ${kind} ${printable(path)} may hold values. It was not touched, because without api-token nobody can tell that it is ours. ${remedy}.`,
      );
    }
    return { unrestored: files.filter(({ existed }) => existed), filesLeft: files[0]?.kind };
  }
  const unrestored: WrittenFile[] = [];
  let filesLeft: FileKind | undefined;
  // The last one first: if two names are one file, as on macOS, the second backup holds what the first write put there.
  for (const file of files.reverse()) {
    try {
      if (!isTemporary(file)) await deleteDraft(file).catch(ignoreMissingFolder);
      else if (!(await restoreFile(file))) {
        warnings.push(
          `the ${file.kind} ${printable(file.path)} held values and was deleted. Its earlier content is lost, because a step deleted or changed the ` +
            "backup in the key directory.",
        );
      }
    } catch (error) {
      if (file.existed) unrestored.push(file);
      if (systemCode(error) !== "ENOENT") filesLeft ??= file.kind; // Otherwise its folder is gone, and the file with it.
      warnings.push(describeUnrestored(file, error));
    }
  }
  return { unrestored, filesLeft };
}

/** A file that is to be kept may be deleted or replaced with its folder by whoever it is kept for. */
function ignoreMissingFolder(error: unknown): void {
  if (!(error instanceof FolderReplacedError) && systemCode(error) !== "ENOENT") throw error;
}

function describeUnrestored({ path, kind, existed, backup }: WrittenFile, error: unknown): string {
  const remedy = existed ? `Its earlier content is in ${printable(backup)}` : "Delete it";
  if (error instanceof FolderReplacedError) {
    return (
      `the folder of the ${kind} ${printable(path)} is no longer the one that it was written to, so nothing was touched there. The file, which ` +
      `holds values, was deleted with its folder, or is somewhere else. ${remedy}.`
    );
  }
  return `the ${kind} ${printable(path)} could not be removed (${systemCode(error)}). ${remedy}.`;
}

async function removeKeyDirectory(
  keyDirectory: string | undefined,
  undo: Undo,
  unrestored: readonly WrittenFile[],
  warnings: string[],
): Promise<void> {
  if (keyDirectory === undefined) return;
  const place = `the key directory ${printable(keyDirectory)}`;
  try {
    // The key directory holds the only copy of what could not be restored.
    const deletion = await (unrestored.length > 0 ? deleteKeyFiles : deleteKeyDirectory)(keyDirectory);
    if (deletion !== "replaced") return;
    warnings.push(
      `${place} had been replaced by something else, which was removed. Its key ${describeExpiry(undo)}.`,
    );
  } catch (error) {
    warnings.push(
      `${place} could not be deleted (${systemCode(error)}). Delete it. Its key ${describeExpiry(undo)}.`,
    );
  }
}
