import { createHash } from "node:crypto";
import type { Stats } from "node:fs";
import { chmod, lstat, readFile, realpath, rename, writeFile } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import type { EnvFileRecord } from "../journal/env-file-record.ts";
import { StashError, systemCode } from "../lib/errors.ts";
import { printable } from "../lib/printable.ts";

/**
 * Examines the path of a requested env file, and touches nothing.
 *
 * @param index which of the session's env files it is, to tell their backups apart
 * @throws {StashError} `ENV_FILE_REFUSED` for a link, a directory, or a relative path that leaves the workspace
 */
export async function locateEnvFile(
  given: string,
  workspace: string,
  keyDirectory: string,
  index: number,
): Promise<EnvFileRecord> {
  const path = resolve(workspace, given);
  const parent = await realpath(dirname(path)).catch((cause) => {
    throw refused(
      given,
      `its directory cannot be read (${systemCode(cause)}). Create the directory in an earlier step`,
    );
  });
  if (!isAbsolute(given) && !isInside(parent, await realpath(workspace))) {
    throw refused(given, "it is outside the workspace. Use an absolute path if that is what you want");
  }
  const found = await lstat(path).catch(() => undefined);
  if (found?.isSymbolicLink()) {
    throw refused(given, "it is a link, and links are not written through. Name the file itself");
  }
  if (found && !found.isFile()) throw refused(given, "it exists and is not a file. Name a file");
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
 * Reads the current text of an env file; `""` if there is no file.
 *
 * @throws {StashError} `ENV_FILE_REFUSED` if it is not UTF-8, because merging would change bytes that are not ours; `ENV_FILE_FAILED`
 */
export async function readEnvFile({ path, existed }: EnvFileRecord): Promise<string> {
  const bytes = existed ? await explainFailure(path, () => readFile(path)) : Buffer.alloc(0);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw refused(path, "the existing file is not UTF-8 text. Convert it, or name another file");
  }
}

/**
 * Writes the file with mode 0600, completely or not at all: it writes a draft next to the file and renames it, which replaces a link that
 * was put there meanwhile instead of following it (rename(2)). What was there before is first copied to the key directory.
 *
 * @param save records what is needed to restore the file; called before there is something new to restore
 * @throws {StashError} `ENV_FILE_FAILED`
 */
export async function writeEnvFile(
  file: EnvFileRecord,
  text: string,
  save: (file: EnvFileRecord) => Promise<void>,
): Promise<void> {
  await explainFailure(file.path, async () => {
    const original = file.existed ? await readFile(file.path) : undefined;
    if (original !== undefined) await replaceFile(file.backup, `${file.backup}.part`, original);
    await writeFile(file.draft, text, { flag: "wx", mode: 0o600, flush: true });
    const originalHash = original === undefined ? "" : hashOf(original);
    await save({ ...file, originalHash, written: true, identity: identityOf(await lstat(file.draft)) });
    await rename(file.draft, file.path);
  });
}

/** Identifies a file. A rename changes none of these. A hash would serve as well, but would reveal something about the values. */
export function identityOf({ dev, ino, size, mtimeMs }: Stats): string {
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

function isInside(path: string, directory: string): boolean {
  const steps = relative(directory, path);
  return steps !== ".." && !steps.startsWith(`..${sep}`) && !isAbsolute(steps);
}

async function explainFailure<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw new StashError(
      "ENV_FILE_FAILED",
      `The env file ${printable(path)} cannot be written (${systemCode(error)}). The disk may be full, or the directory read-only. ` +
        "Nothing was exported. Free some space, or name a file in another directory.",
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
