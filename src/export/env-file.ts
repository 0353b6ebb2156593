import { createHash } from "node:crypto";
import type { Stats } from "node:fs";
import { chmod, lstat, readFile, realpath, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { printable, StashError, systemCode } from "../lib/errors.ts";

/** Where the env file is, and where its parts are kept until post has restored it: all that post needs to know. */
export interface EnvFile {
  path: string;
  /** the new text on its way; beside the file, because a rename cannot cross file systems */
  draft: string;
  /** what stood there before, inside the key directory; meaningful only when `existed` */
  backup: string;
  existed: boolean;
  /** whether values have been written there */
  written: boolean;
  /** SHA-256 of what stood there before, in hex, empty when nothing did: tells it from our values when the backup is gone */
  originalHash: string;
  /** permission bits of what stood there before */
  mode: number;
  /** which file holds our values, so that a later job takes away that one alone; empty before there is one */
  identity: string;
}

/**
 * Looks at the path an env file is asked for, and touches nothing.
 *
 * @param index which of the session's env files it is, to tell their backups apart
 * @throws {StashError} `ENV_FILE_REFUSED` for a link, a directory, or a relative path that leaves the workspace
 */
export async function locateEnvFile(
  given: string,
  workspace: string,
  keyDirectory: string,
  index: number,
): Promise<EnvFile> {
  const path = resolve(workspace, given);
  const parent = await realpath(dirname(path)).catch((cause) => {
    throw refused(
      given,
      `its directory cannot be read (${systemCode(cause)}). Create the directory in an earlier step`,
    );
  });
  if (!isAbsolute(given) && !isInside(parent, await realpath(workspace))) {
    throw refused(given, "it leads outside the workspace. Give an absolute path if that is meant");
  }
  const found = await lstat(path).catch(() => undefined);
  if (found?.isSymbolicLink())
    throw refused(given, "it is a link, and links are not written through. Name the file itself");
  if (found && !found.isFile()) throw refused(given, "it is there and is not a file. Name a file");
  const suffix = basename(keyDirectory); // as random as the session's
  return {
    path: join(parent, basename(path)),
    draft: join(parent, `${basename(path)}.${suffix}`),
    backup: join(keyDirectory, `env-file-${index + 1}.backup`),
    existed: found !== undefined,
    written: false,
    originalHash: "",
    mode: (found?.mode ?? 0) & 0o777,
    identity: "",
  };
}

/**
 * The text that stands there now; empty when there is no file.
 *
 * @throws {StashError} `ENV_FILE_REFUSED` when it is not UTF-8: merging would change bytes that are not ours
 */
export async function readEnvFile({ path, existed }: EnvFile): Promise<string> {
  const bytes = existed ? await explained(path, () => readFile(path)) : Buffer.alloc(0);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw refused(path, "the file that is there is not UTF-8 text. Convert it, or name another file");
  }
}

/**
 * Writes the file whole or not at all, mode 0600: a draft beside it, then a rename, which replaces a link put there meanwhile
 * instead of following it (rename(2)). What stood there before goes into the key directory first.
 *
 * @param save keeps what is needed to take the file back; called before there is something new to take back
 * @throws {StashError} `ENV_FILE_FAILED`
 */
export async function writeEnvFile(
  file: EnvFile,
  text: string,
  save: (file: EnvFile) => Promise<void>,
): Promise<void> {
  await explained(file.path, async () => {
    const original = file.existed ? await readFile(file.path) : undefined;
    if (original !== undefined) await replaceWith(file.backup, `${file.backup}.part`, original);
    await writeFile(file.draft, text, { flag: "wx", mode: 0o600, flush: true });
    const originalHash = original === undefined ? "" : hashOf(original);
    await save({ ...file, originalHash, written: true, identity: identityOf(await lstat(file.draft)) });
    await rename(file.draft, file.path);
  });
}

/** A rename changes none of these. A hash would do as well, but would tell something of the values. */
function identityOf({ dev, ino, size, mtimeMs }: Stats): string {
  return [dev, ino, size, mtimeMs].join(":");
}

/**
 * Takes back what a killed job wrote, long after: only while it is still that very file, because the workspace may be another job's by now.
 *
 * @throws the system's error when it cannot
 */
export async function restoreForgottenEnvFile(file: EnvFile): Promise<void> {
  const found = await lstat(file.path).catch(ignoreAbsence);
  if (found !== undefined && identityOf(found) === file.identity) await restoreEnvFile(file);
  else await deleteDraft(file);
}

function hashOf(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/**
 * Puts back exactly what stood there before, or deletes the file when nothing did, whoever wrote it last: it may hold our values.
 * A link in its place is unlinked, never followed.
 *
 * @returns whether what stood there before is there again; it is lost when somebody deleted the key directory, and the backup with it
 * @throws the system's error when it cannot; the backup is then still there
 */
export async function restoreEnvFile(file: EnvFile): Promise<boolean> {
  await deleteDraft(file);
  if (file.existed) {
    const before = await readFile(file.backup).catch(ignoreAbsence);
    if (before !== undefined) {
      await replaceWith(file.path, file.draft, before, file.mode);
      return true;
    }
    if (!file.written) return true; // killed before the write: what stands there is not ours
    const found = await readFile(file.path).catch(ignoreAbsence);
    if (found !== undefined && hashOf(found) === file.originalHash) return true; // put back already
  }
  await rm(file.path, { force: true });
  return !file.existed;
}

function ignoreAbsence(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

/** The draft of a write that was killed before its rename holds values, too. */
export async function deleteDraft({ draft }: EnvFile): Promise<void> {
  await rm(draft, { force: true });
}

/** A file under its final name is always whole, wherever the process was killed. */
async function replaceWith(
  path: string,
  draft: string,
  content: string | Buffer,
  mode = 0o600,
): Promise<void> {
  await writeFile(draft, content, { flag: "wx", mode: 0o600, flush: true });
  if (mode !== 0o600) await chmod(draft, mode);
  await rename(draft, path);
}

function isInside(path: string, directory: string): boolean {
  const steps = relative(directory, path);
  return steps !== ".." && !steps.startsWith(`..${sep}`) && !isAbsolute(steps);
}

async function explained<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw new StashError(
      "ENV_FILE_FAILED",
      `The env file ${printable(path)} cannot be written (${systemCode(error)}). The disk may be full, or the directory ` +
        "read-only. Nothing was exported.",
      { cause: error },
    );
  }
}

function refused(given: string, why: string): StashError {
  return new StashError(
    "ENV_FILE_REFUSED",
    `env-file ${printable(given)} is refused: ${why}. Nothing was exported.`,
  );
}
