import type { Host } from "../ci/host.ts";
import { formatEnvFile, isMerged } from "../format/env-file-format.ts";
import type { EnvFileRequest } from "../inputs/env-files.ts";
import { type FileKind, placeWrittenFile, type WrittenFile } from "../journal/written-file.ts";
import { didYouMean } from "../lib/did-you-mean.ts";
import { StashError } from "../lib/errors.ts";
import { listLines, printable } from "../lib/printable.ts";
import { chooseVariables } from "../select/rules.ts";
import { type FileContent, fileRefused, locateFile, readExistingText, writeWhole } from "./file-write.ts";
import { suggestFormat } from "./format-hint.ts";
import { isPickedUpByGit } from "./git.ts";
import type { SecretFile } from "./secret-files.ts";

/** A file and what it is to hold. */
export interface PlannedFile extends FileContent {
  file: WrittenFile;
}

/** What the files can hold. */
interface Plannable {
  keyDirectory: string;
  variables: ReadonlyMap<string, string>;
  secretFiles: readonly SecretFile[];
}

/**
 * Works out what the files will hold, and writes nothing.
 *
 * @returns the env files, and all files
 * @throws {StashError} `VALUES_REFUSED`, `RULES_UNMATCHED`, `ENV_FILE_REFUSED`, `ENV_FILE_FAILED`, `FILE_REFUSED`
 */
export async function planFiles(
  envFiles: readonly EnvFileRequest[],
  workspace: string,
  { keyDirectory, variables, secretFiles }: Plannable,
): Promise<{ envFiles: PlannedFile[]; files: PlannedFile[] }> {
  const files: PlannedFile[] = [];
  for (const [index, request] of envFiles.entries()) {
    const { path, format } = request;
    const file = placeWrittenFile(
      await locateFile(path, { kind: "env file", number: index + 1 }, workspace),
      keyDirectory,
    );
    const twin = files.findIndex((other) => other.file.path === file.path);
    if (twin >= 0) throw sameFile("env file", path, envFiles[twin]?.path ?? "");
    const existing = isMerged(format) ? await readExistingText(file) : "";
    const chosen = chosenFor(request, variables);
    const suggest = () => suggestFormat(request, workspace);
    const content = formatEnvFile(format, existing, chosen, suggest);
    files.push({ file, content, mode: 0o600 });
  }
  return { envFiles: files, files: [...files, ...planSecretFiles(secretFiles, files)] };
}

/** @throws {StashError} `RULES_UNMATCHED` */
function chosenFor(
  { path, rules }: EnvFileRequest,
  variables: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  if (rules.length === 0) return variables;
  const { chosen, unmatched } = chooseVariables(variables.keys(), rules);
  const missing = unmatched.filter(({ isOptional, pattern }) => !isOptional && pattern !== "*");
  if (missing.length > 0) {
    const lines = listLines(
      missing,
      ({ pattern }) => `- ${printable(pattern)}${didYouMean(pattern, variables.keys())}`,
    );
    throw new StashError(
      "RULES_UNMATCHED",
      `Nothing was exported, because these rules for the env file ${printable(path)} match none of the exported variables:\n${lines}\n` +
        "They are names as they are after renaming. Correct them, or end them with ? if the variable may be missing.",
    );
  }
  return new Map(chosen.map(({ source }) => [source, variables.get(source) ?? ""]));
}

/** @throws {StashError} `FILE_REFUSED` for a file that is an env file, too */
function planSecretFiles(
  secretFiles: readonly SecretFile[],
  envFiles: readonly PlannedFile[],
): PlannedFile[] {
  return secretFiles.flatMap(({ path, restorable, content, mode }) => {
    if (envFiles.some((other) => other.file.path === path))
      throw fileRefused("file", path, "env-file names it, too. Name another file in one of the two");
    return restorable === undefined ? [] : [{ file: restorable, content, mode }];
  });
}

/** Warns before the files are written: a commit that is made while they exist would carry the values into history. */
export async function warnOfGit(
  { log, job, environment }: Pick<Host, "log" | "job" | "environment">,
  files: readonly PlannedFile[],
): Promise<void> {
  for (const { file } of files) {
    if (!(await isPickedUpByGit(file.path, job.workspace, environment))) continue;
    log.warn(
      `git would pick up the ${file.kind} ${printable(file.path)}, because it is tracked or not ignored. A commit that is made before the job ` +
        "ends would contain the values. Add the file to .gitignore, or write it outside the work tree.",
    );
  }
}

/**
 * Writes the files.
 *
 * @param save records what must be restored, before each write
 * @throws {StashError} `ENV_FILE_FAILED`, `FILE_FAILED`
 */
export async function writeFiles(
  files: readonly PlannedFile[],
  save: (files: WrittenFile[]) => Promise<void>,
): Promise<void> {
  if (files.length === 0) return;
  const written = files.map(({ file }) => file);
  await save(written);
  for (const [index, { file, content, mode }] of files.entries()) {
    await writeWhole(file, { content, mode }, async (known) => {
      written[index] = known;
      await save(written);
    });
  }
}

function sameFile(kind: FileKind, path: string, other: string): StashError {
  return fileRefused(kind, path, `it is the same file as ${printable(other)}. Name each file once`);
}
