import { createHash } from "node:crypto";
import type { Stats } from "node:fs";
import { chmod, link, lstat, realpath, rename, unlink, writeFile } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { isInside } from "../ci/real-path.ts";
import type { FileKind, WrittenFile, WrittenFileRecord } from "../journal/written-file.ts";
import { StashError, systemCode } from "../lib/errors.ts";
import { printable } from "../lib/printable.ts";
import { identityOf, readPlainFile } from "../lib/safe-file.ts";

/**
 * Examines the path of a requested file, and touches nothing.
 *
 * @throws {StashError} `ENV_FILE_REFUSED` or `FILE_REFUSED` for a link, a directory, or a path that leaves the workspace: a relative one, or an absolute one
 *   that begins in the workspace and leads out of it through a link
 */
export async function locateFile(
  given: string,
  { kind, number }: Pick<WrittenFileRecord, "kind" | "number">,
  workspace: string,
): Promise<WrittenFileRecord> {
  const path = resolve(workspace, given);
  const refused = (why: string) => fileRefused(kind, given, why);
  const folder = await realpath(dirname(path)).catch((cause) => {
    throw refused(
      `its directory cannot be read (${systemCode(cause)}). Create the directory in an earlier step`,
    );
  });
  const root = await realpath(workspace);
  const isMeantInside = isInside(path, workspace) || isInside(path, root);
  if (!isInside(folder, root) && (!isAbsolute(given) || isMeantInside)) {
    throw refused(
      isAbsolute(given)
        ? "a link leads out of the workspace there. Name the folder itself"
        : "it is outside the workspace. Use an absolute path if that is what you want",
    );
  }
  const found = await lstat(path).catch(() => undefined);
  if (found?.isSymbolicLink()) {
    throw refused("it is a link, and links are not written through. Name the file itself");
  }
  if (found && !found.isFile()) throw refused("it exists and is not a file. Name a file");
  return {
    path: join(folder, basename(path)),
    kind,
    number,
    folder: identityOf(await lstat(folder)),
    existed: found !== undefined,
    written: false,
    originalHash: "",
    mode: (found?.mode ?? 0) & 0o777,
    version: "",
  };
}

/**
 * Reads the current text of an env file; `""` if there is no file.
 *
 * @throws {StashError} `ENV_FILE_REFUSED` if it is not UTF-8, because merging would change bytes that are not ours; `ENV_FILE_FAILED`
 */
export async function readExistingText({ path, kind, existed }: WrittenFileRecord): Promise<string> {
  const bytes = existed
    ? await explainFailure(kind, path, async () => readPlainFile(path).bytes)
    : Buffer.alloc(0);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw fileRefused(kind, path, "the existing file is not UTF-8 text. Convert it, or name another file");
  }
}

/** What a file is to hold, and its permission bits. */
export interface FileContent {
  content: string | Buffer;
  mode: number;
}

/**
 * Writes the file completely or not at all: it writes a draft next to the file and moves it into place. What was there before is first copied
 * to the key directory, and replaced by rename(2), which does not follow a link. Where nothing was, nothing is replaced: link(2) fails if
 * something is there by now.
 *
 * @param save records what is needed to restore the file; called before there is something new to restore
 * @throws {StashError} `ENV_FILE_FAILED` or `FILE_FAILED`
 */
export async function writeWhole(
  file: WrittenFile,
  { content, mode }: FileContent,
  save: (file: WrittenFile) => Promise<void>,
): Promise<void> {
  await explainFailure(file.kind, file.path, async () => {
    await checkFolder(file);
    const original = file.existed ? readPlainFile(file.path).bytes : undefined;
    if (original !== undefined) await replaceFile(file.backup, `${file.backup}.part`, original);
    await writeFile(file.draft, content, { flag: "wx", mode: 0o600, flush: true });
    if (mode !== 0o600) await chmod(file.draft, mode);
    const originalHash = original === undefined ? "" : hashOf(original);
    await save({ ...file, originalHash, written: true, version: versionOf(await lstat(file.draft)) });
    if (file.existed) return rename(file.draft, file.path);
    if (await moveToFreePlace(file.draft, file.path)) return;
    await save({ ...file, written: false }); // It is not ours, so nobody may delete it.
    throw fileRefused(file.kind, file.path, "another process has put a file there meanwhile");
  });
}

/** @returns whether it was moved; not if something is there */
async function moveToFreePlace(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
  } catch (error) {
    const code = systemCode(error);
    if (code === "EEXIST") return false;
    if (!NO_LINKS.includes(code)) throw error;
    await rename(draft, path); // This file system has no second names for a file.
    return true;
  }
  await unlink(draft);
  return true;
}

const NO_LINKS = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EACCES", "EMLINK"];

/** The folder of a file is another one than it was, so a file of the same name in it is not ours. */
export class FolderReplacedError extends Error {
  readonly code = "FOLDER_REPLACED";
}

/** @throws {FolderReplacedError}, or the system's error if the folder cannot be examined */
export async function checkFolder({ path, folder }: WrittenFileRecord): Promise<void> {
  if (identityOf(await lstat(dirname(path))) !== folder) throw new FolderReplacedError("folder replaced");
}

/** Identifies the content of a file. A rename changes none of these. A hash would serve as well, but would reveal something about the values. */
export function versionOf({ dev, ino, size, mtimeMs }: Stats): string {
  return [dev, ino, size, mtimeMs].join(":");
}

export function hashOf(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Replaces a file through a draft: a file under its final name is always complete, wherever the process is killed. */
export async function replaceFile(
  path: string,
  draft: string,
  content: string | Buffer,
  mode = 0o600,
): Promise<void> {
  await writeFile(draft, content, { flag: "wx", mode: 0o600, flush: true });
  if (mode !== 0o600) await chmod(draft, mode);
  await rename(draft, path);
}

async function explainFailure<Result>(
  kind: FileKind,
  path: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StashError) throw error;
    throw new StashError(
      kind === "file" ? "FILE_FAILED" : "ENV_FILE_FAILED",
      `The ${kind} ${printable(path)} cannot be written (${systemCode(error)}). The disk may be full, or the directory read-only. ` +
        "Nothing was exported. Free some space, or name a file in another directory.",
      { cause: error },
    );
  }
}

/** @returns the error to throw for a file that is not to be written there */
export function fileRefused(kind: FileKind, given: string, why: string): StashError {
  const isEnvFile = kind === "env file";
  return new StashError(
    isEnvFile ? "ENV_FILE_REFUSED" : "FILE_REFUSED",
    `${isEnvFile ? "env-file" : "files:"} ${printable(given)} is refused: ${why}. Nothing was exported.`,
  );
}
