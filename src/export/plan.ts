import type { Exports, Host } from "../ci/host.ts";
import { formatEnvFile } from "../format/env-file-format.ts";
import type { ExportInputs } from "../inputs/inputs.ts";
import { type EnvFile, placeEnvFile } from "../journal/env-file-record.ts";
import { StashError } from "../lib/errors.ts";
import { printable } from "../lib/printable.ts";
import { checkExports } from "../select/exportable.ts";
import type { TemporaryDevice } from "../stash/keys.ts";
import { locateEnvFile, readEnvFile, writeEnvFile } from "./env-file.ts";
import { isPickedUpByGit } from "./git.ts";

/** What there is to export. */
export interface Pulled {
  keyDirectory: string;
  device: TemporaryDevice;
  /** by the names that later steps see */
  variables: ReadonlyMap<string, string>;
  /** names that the author of the workflow wrote out */
  writtenOut: ReadonlySet<string>;
  /** the types of the environments, if they were asked for */
  types: readonly string[];
}

/** An env file and its new text. */
export interface PlannedFile {
  file: EnvFile;
  text: string;
}

/** Everything that will be written. */
export interface ExportPlan extends Exports {
  files: PlannedFile[];
  /** the output `json`; empty without `outputs` */
  json: string;
}

// Our own outputs, which no variable may replace. Later steps look outputs up without regard to case.
const ownOutputs = [
  ...["key-dir", "device-key-id", "expires-at", "environment-type", "count", "names"],
  ...["env-file", "available", "json"],
];

/**
 * Works out everything that will be written, and writes nothing. Whatever must be refused is refused here.
 *
 * @throws {StashError} `NAMES_REFUSED`, `VALUES_REFUSED`, `ENV_FILE_REFUSED`, `ENV_FILE_FAILED`
 */
export async function planExports(
  { job, exporter }: Pick<Host, "job" | "exporter">,
  inputs: ExportInputs,
  pulled: Pulled,
): Promise<ExportPlan> {
  const { keyDirectory, variables } = pulled;
  const { outlivesMain } = inputs;
  checkExports(variables, {
    allowNames: inputs.allowNames,
    writtenOut: pulled.writtenOut,
    hostRefuses: exporter.refusedNames,
    ignoresCase: job.platform === "win32" || inputs.outputs,
    takenNames: ["SECRET_STASH_KEY_DIR", ...(inputs.outputs ? ownOutputs : [])],
  });
  const files = await planFiles(inputs, job.workspace, pulled);
  const json = inputs.outputs ? JSON.stringify(Object.fromEntries(variables)) : "";
  // Later steps are not told about a key directory or env files that are gone when main ends.
  const paths = outlivesMain || inputs.keepEnvFile ? files.map(({ file }) => file.path) : [];
  const own = outlivesMain ? [["SECRET_STASH_KEY_DIR", keyDirectory] as const] : [];
  return {
    files,
    json,
    environment: new Map(inputs.exportEnv ? [...variables, ...own] : []),
    outputs: new Map([
      ...(outlivesMain ? [["key-dir", keyDirectory] as const] : []),
      ...describePulled(pulled, paths),
      ...(inputs.outputs ? [...variables, ["json", json] as const] : []),
    ]),
  };
}

async function planFiles(
  { envFiles }: ExportInputs,
  workspace: string,
  { keyDirectory, variables }: Pulled,
): Promise<PlannedFile[]> {
  const files: PlannedFile[] = [];
  for (const [index, { path, format }] of envFiles.entries()) {
    const file = placeEnvFile(await locateEnvFile(path, workspace), keyDirectory, index);
    const twin = files.findIndex((other) => other.file.path === file.path);
    if (twin >= 0) throw sameFile(path, envFiles[twin]?.path ?? "");
    const existing = format === "dotenv" ? await readEnvFile(file) : "";
    files.push({ file, text: formatEnvFile(format, existing, variables) });
  }
  return files;
}

/** Warns before the files are written: a commit that is made while they exist would carry the values into history. */
export async function warnOfGit(
  { log, job, environment }: Pick<Host, "log" | "job" | "environment">,
  files: readonly PlannedFile[],
): Promise<void> {
  for (const { file } of files) {
    if (!(await isPickedUpByGit(file.path, job.workspace, environment))) continue;
    log.warn(
      `git would pick up the env file ${printable(file.path)}, because it is tracked or not ignored. A commit that is made before the job ` +
        "ends would contain the values. Add the file to .gitignore, or write it outside the work tree.",
    );
  }
}

/**
 * Writes the env files.
 *
 * @param save records what must be restored, before each write
 * @throws {StashError} `ENV_FILE_FAILED`
 */
export async function writeEnvFiles(
  files: readonly PlannedFile[],
  save: (files: EnvFile[]) => Promise<void>,
): Promise<void> {
  if (files.length === 0) return;
  const written = files.map(({ file }) => file);
  await save(written);
  for (const [index, { file, text }] of files.entries()) {
    await writeEnvFile(file, text, async (known) => {
      written[index] = known;
      await save(written);
    });
  }
}

function sameFile(path: string, other: string): StashError {
  return new StashError(
    "ENV_FILE_REFUSED",
    `env-file ${printable(path)} is refused: it is the same file as ${printable(other)}. Name each file once. Nothing was exported.`,
  );
}

function describePulled({ device, variables, types }: Pulled, paths: readonly string[]): Map<string, string> {
  const outputs = new Map([
    ["device-key-id", String(device.id)],
    ["expires-at", device.expiresAt],
    ["count", String(variables.size)],
    ["names", JSON.stringify([...variables.keys()])],
    ["available", "true"],
  ]);
  if (types.length > 0) outputs.set("environment-type", types.join(","));
  if (paths.length > 0) outputs.set("env-file", paths.join("\n"));
  return outputs;
}
