import { formatEnvFile } from "../format/env-file-format.ts";
import type { Exports, Host } from "../host/host.ts";
import type { Inputs } from "../host/inputs.ts";
import { checkExports } from "../select/export-rules.ts";
import type { TemporaryDevice } from "../stash/keys.ts";
import { type EnvFile, locateEnvFile, readEnvFile } from "../workspace/env-file.ts";

/** What one session came to. */
export interface Session {
  keyDirectory: string;
  device: TemporaryDevice;
  /** by the names that later steps see */
  variables: ReadonlyMap<string, string>;
  /** the environments' types, when they were asked for */
  types: readonly string[];
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
export async function planExports(host: Host, inputs: Inputs, session: Session): Promise<ExportPlan> {
  const { keyDirectory, variables } = session;
  checkExports(variables, {
    allowNames: inputs.allowNames,
    hostRefuses: host.refusedNames,
    takenNames: ["SECRET_STASH_KEY_DIR", ...(inputs.outputs ? ownOutputs : [])],
  });
  const files = await Promise.all(
    inputs.envFiles.map(async ({ path, format }, index) => {
      const file = await locateEnvFile(path, host.workspace, keyDirectory, index);
      const existing = format === "dotenv" ? await readEnvFile(file) : "";
      return { file, text: formatEnvFile(format, existing, variables) };
    }),
  );
  return {
    files,
    environment: new Map(inputs.exportEnv ? [...variables, ["SECRET_STASH_KEY_DIR", keyDirectory]] : []),
    outputs: new Map([
      ...describeSession(
        session,
        files.map(({ file }) => file.path),
      ),
      ...(inputs.outputs
        ? [...variables, ["json", JSON.stringify(Object.fromEntries(variables))] as const]
        : []),
    ]),
  };
}

function describeSession(
  { keyDirectory, device, variables, types }: Session,
  paths: readonly string[],
): Map<string, string> {
  const outputs = new Map([
    ["key-dir", keyDirectory],
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
