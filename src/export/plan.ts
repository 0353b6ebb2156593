import type { Exports, Host } from "../ci/host.ts";
import type { ExportInputs } from "../inputs/inputs.ts";
import { checkExports } from "../select/exportable.ts";
import type { TemporaryDevice } from "../stash/keys.ts";
import { type PlannedFile, planFiles } from "./planned-files.ts";
import { pathNamesOf, type SecretFile } from "./secret-files.ts";

/** What there is to export. */
export interface Pulled {
  keyDirectory: string;
  /** without an id if the service does not know the key, because a key broker gave it access */
  device: Omit<TemporaryDevice, "id"> & { id: number | undefined };
  /** by the names that later steps see; for a variable that became a file, the one that holds its path */
  variables: ReadonlyMap<string, string>;
  /** the names of everything that was pulled, as variables or as files */
  names: readonly string[];
  /** variables that become files */
  secretFiles: readonly SecretFile[];
  /** names that the author of the workflow wrote out */
  writtenOut: ReadonlySet<string>;
  /** the types of the environments, if they were asked for */
  types: readonly string[];
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
 * @throws {StashError} `NAMES_REFUSED`, `VALUES_REFUSED`, `RULES_UNMATCHED`, `ENV_FILE_REFUSED`, `ENV_FILE_FAILED`, `FILE_REFUSED`
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
  const { envFiles, files } = await planFiles(inputs.envFiles, job.workspace, pulled);
  const json = inputs.outputs ? JSON.stringify(Object.fromEntries(variables)) : "";
  // Later steps are not told about a key directory or env files that are gone when main ends.
  const paths = outlivesMain || inputs.keepEnvFile ? envFiles.map(({ file }) => file.path) : [];
  // The official clients work with a key that the service knows, and with no other.
  const isRegistered = pulled.device.id !== undefined;
  const own = outlivesMain && isRegistered ? [["SECRET_STASH_KEY_DIR", keyDirectory] as const] : [];
  return {
    files,
    json,
    environment: new Map(inputs.exportEnv ? [...variables, ...own] : []),
    plainNames: new Set(pathNamesOf(pulled.secretFiles)),
    outputs: new Map([
      ...(outlivesMain ? [["key-dir", keyDirectory] as const] : []),
      ...describePulled(pulled, paths),
      ...(inputs.outputs ? [...variables, ["json", json] as const] : []),
    ]),
  };
}

function describePulled({ device, names, types }: Pulled, paths: readonly string[]): Map<string, string> {
  const outputs = new Map<string, string>([
    ...(device.id === undefined ? [] : [["device-key-id", String(device.id)] as const]),
    ["expires-at", device.expiresAt],
    ["count", String(names.length)],
    ["names", JSON.stringify(names)],
    ["available", "true"],
  ]);
  if (types.length > 0) outputs.set("environment-type", types.join(","));
  if (paths.length > 0) outputs.set("env-file", paths.join("\n"));
  return outputs;
}
