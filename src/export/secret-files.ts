import { chmod, mkdir, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Host } from "../ci/host.ts";
import { isInside, realPath } from "../ci/real-path.ts";
import { type FileRequest, OWN_FOLDER } from "../inputs/files.ts";
import type { ExportInputs } from "../inputs/inputs.ts";
import { placeWrittenFile, type WrittenFile } from "../journal/written-file.ts";
import { StashError, systemCode } from "../lib/errors.ts";
import { printable } from "../lib/printable.ts";
import type { Secret } from "../lib/secret.ts";
import { takeContents } from "../variables/files.ts";
import { fileRefused, locateFile } from "./file-write.ts";

/** A file that a rule of `files` asks for. */
export interface SecretFile {
  path: string;
  content: Buffer;
  mode: number;
  /** what to restore; `undefined` for a file in the session's own folder, which is deleted as a whole */
  restorable: WrittenFile | undefined;
  name: string;
  /** the variable that holds `pathValue` */
  pathName: string | undefined;
  pathValue: string;
}

const OWN_FILES = "files";

// docker reads config.json in the folder that this variable names (docs.docker.com, Environment variables of the CLI).
const DOCKER_CONFIG = { name: "DOCKER_CONFIG", file: "config.json" };

/** Variables after some of them became files. */
export interface TakenFiles {
  /** with the variables that hold the paths, and without those that became files, unless they are to be exported as well */
  variables: Map<string, string>;
  secretFiles: SecretFile[];
  /** the contents in the form in which logs can show them */
  shown: Secret[];
}

/**
 * Turns variables into files, as the input `files` says, and touches nothing.
 *
 * @throws {StashError} `RULES_UNMATCHED`, `VALUES_REFUSED`, `FILE_REFUSED`, `TARGETS_CONFLICT`
 */
export async function takeFiles(
  values: ReadonlyMap<string, string>,
  { files, envFiles }: Pick<ExportInputs, "files" | "envFiles">,
  { workspace }: Pick<Host["job"], "workspace">,
  keyDirectory: string,
): Promise<TakenFiles> {
  const contents = takeContents(values, files);
  const secretFiles = await placeSecretFiles(contents, { workspace, keyDirectory, before: envFiles.length });
  const exported = new Set(files.filter(({ isExported }) => isExported).map(({ name }) => name));
  const variables = new Map(values);
  for (const { rule } of contents) if (!exported.has(rule.name)) variables.delete(rule.name);
  for (const { name, pathName, pathValue } of secretFiles) {
    if (pathName === undefined) continue;
    if (variables.has(pathName)) throw nameTaken(name, pathName);
    variables.set(pathName, pathValue);
  }
  return { variables, secretFiles, shown: contents.flatMap(({ shown }) => shown) };
}

function nameTaken(name: string, pathName: string): StashError {
  return new StashError(
    "TARGETS_CONFLICT",
    `Nothing was exported, because files puts the path of ${printable(name)} into ${pathName}, which is also a variable of its own. Choose ` +
      "another name after as, or leave the variable out with !NAME in variables.",
  );
}

/** The variables that hold paths. */
export function pathNamesOf(files: readonly SecretFile[]): string[] {
  return files.flatMap(({ pathName }) => pathName ?? []);
}

/**
 * Finds out where files go.
 *
 * @param before how many files that are to be restored there are already
 * @throws {StashError} `FILE_REFUSED`
 */
async function placeSecretFiles(
  contents: readonly { rule: FileRequest; bytes: Buffer }[],
  { workspace, keyDirectory, before }: { workspace: string; keyDirectory: string; before: number },
): Promise<SecretFile[]> {
  const placed: SecretFile[] = [];
  for (const { rule, bytes } of contents) {
    const { name, pathName, mode } = rule;
    const isDockerConfig = pathName === DOCKER_CONFIG.name;
    const isOwn = rule.path === OWN_FOLDER;
    const number = before + placed.filter(({ restorable }) => restorable !== undefined).length + 1;
    const record = isOwn ? undefined : await locateFile(rule.path, { kind: "file", number }, workspace);
    const restorable = record && placeWrittenFile(record, keyDirectory);
    const own = join(keyDirectory, OWN_FILES, name, isDockerConfig ? DOCKER_CONFIG.file : name);
    const path = restorable?.path ?? own;
    if (isDockerConfig && basename(path) !== DOCKER_CONFIG.file) {
      throw fileRefused(
        "file",
        rule.path,
        `${DOCKER_CONFIG.name} names a folder, in which docker reads ${DOCKER_CONFIG.file}. Name the file so, or use ~`,
      );
    }
    if (isDockerConfig && isInside(path, realPath(workspace))) {
      throw fileRefused(
        "file",
        rule.path,
        "docker also runs programs that lie in the folder of DOCKER_CONFIG (cli-plugins), and a pull request can put some into the workspace. Use ~",
      );
    }
    if (placed.some((other) => other.path === path))
      throw fileRefused("file", rule.path, "another rule writes the same file");
    const pathValue = isDockerConfig ? dirname(path) : path;
    placed.push({ path, content: bytes, mode, restorable, name, pathName, pathValue });
  }
  return placed;
}

/**
 * Writes the files that are in the session's own folder, which is deleted with the key. Every folder on the way is made here: one that is there
 * already is somebody else's, and could be a link.
 *
 * @throws {StashError} `FILE_FAILED`
 */
export async function writeOwnFiles(files: readonly SecretFile[], keyDirectory: string): Promise<void> {
  const own = files.filter(({ restorable }) => restorable === undefined);
  if (own.length === 0) return;
  try {
    await mkdir(join(keyDirectory, OWN_FILES), { mode: 0o700 });
    for (const { path, content, mode } of own) {
      await mkdir(dirname(path), { mode: 0o700 });
      await writeFile(path, content, { flag: "wx", mode: 0o600 });
      if (mode !== 0o600) await chmod(path, mode); // The umask has no say in it.
    }
  } catch (cause) {
    throw new StashError(
      "FILE_FAILED",
      `The files of ~ in ${printable(keyDirectory)} cannot be written (${systemCode(cause)}). The temp directory may be full, or another process may ` +
        "have made the folder. Nothing was exported.",
      { cause },
    );
  }
}
