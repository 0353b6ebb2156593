import { printable, StashError } from "../lib/errors.ts";
import { formatEnvFile } from "../format/env-file-format.ts";
import type { Exports, Host } from "../ci/host.ts";
import type { Inputs } from "../inputs/inputs.ts";
import { checkExports } from "../select/exportable.ts";
import type { TemporaryDevice } from "../stash/keys.ts";
import { type EnvFile, locateEnvFile, readEnvFile, writeEnvFile } from "./env-file.ts";
import { isPickedUpByGit } from "./git.ts";
import type { Secret } from "../lib/secret.ts";

/** What one session came to. */
export interface Session {
  keyDirectory: string;
  device: TemporaryDevice;
  /** of the temporary key, in hex */
  fingerprint: string;
  /** by the names that later steps see */
  variables: ReadonlyMap<string, string>;
  /** the environments' types, when they were asked for */
  types: readonly string[];
  /** what the log must not show: masked values, the token, the grant key */
  secrets: readonly Secret[];
}

/** Everything that will be written. */
export interface ExportPlan extends Exports {
  files: { file: EnvFile; text: string }[];
}

// Outputs of ours, which no variable may be taken for. Later steps look outputs up without regard to case.
const ownOutputs = [
  ...["key-dir", "device-key-id", "expires-at", "environment-type", "count", "names"],
  ...["env-file", "available", "json"],
];

/**
 * Works out everything that will be written, and writes nothing: whatever must be refused is refused here.
 *
 * @throws {StashError} `NAMES_REFUSED`, `VALUES_REFUSED`, `ENV_FILE_REFUSED`, `ENV_FILE_FAILED`
 */
export async function planExports(
  host: Host,
  inputs: Inputs,
  session: Omit<Session, "secrets">,
): Promise<ExportPlan> {
  const { keyDirectory, variables } = session;
  checkExports(variables, {
    allowNames: inputs.allowNames,
    hostRefuses: host.refusedNames,
    ignoresCase: host.platform === "win32" || inputs.outputs,
    takenNames: ["SECRET_STASH_KEY_DIR", ...(inputs.outputs ? ownOutputs : [])],
  });
  const files = await planFiles(host, inputs, session);
  // After `run` the key directory and the env files are gone, so later steps are not told of them.
  const outlives = inputs.run === "";
  const paths = outlives || inputs.keepEnvFile ? files.map(({ file }) => file.path) : [];
  const own = outlives ? [["SECRET_STASH_KEY_DIR", keyDirectory] as const] : [];
  return {
    files,
    environment: new Map(inputs.exportEnv ? [...variables, ...own] : []),
    outputs: new Map([
      ...(outlives ? [["key-dir", keyDirectory] as const] : []),
      ...describeSession(session, paths),
      ...(inputs.outputs
        ? [...variables, ["json", JSON.stringify(Object.fromEntries(variables))] as const]
        : []),
    ]),
  };
}

async function planFiles(
  host: Host,
  inputs: Inputs,
  { keyDirectory, variables }: Pick<Session, "keyDirectory" | "variables">,
): Promise<ExportPlan["files"]> {
  const files: ExportPlan["files"] = [];
  for (const [index, { path, format }] of inputs.envFiles.entries()) {
    const file = await locateEnvFile(path, host.workspace, keyDirectory, index);
    const twin = files.findIndex((other) => other.file.path === file.path);
    if (twin >= 0) throw sameFile(path, inputs.envFiles[twin]?.path ?? "");
    const existing = format === "dotenv" ? await readEnvFile(file) : "";
    files.push({ file, text: formatEnvFile(format, existing, variables) });
  }
  return files;
}

/** Before they are written: a commit made in between would carry the values into history. */
export async function warnOfGit(host: Host, files: ExportPlan["files"]): Promise<void> {
  for (const { file } of files) {
    if (!(await isPickedUpByGit(file.path, host.environment))) continue;
    host.warn(
      `git would pick up the env file ${printable(file.path)}: it is not ignored, or is tracked. A commit made before the job ends would carry ` +
        "the values along. Add it to .gitignore, or write it outside the work tree.",
    );
  }
}

/** Saves what post must undo before each write. */
export async function writeEnvFiles(
  files: ExportPlan["files"],
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

function describeSession(
  { device, variables, types }: Pick<Session, "device" | "variables" | "types">,
  paths: readonly string[],
): Map<string, string> {
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
