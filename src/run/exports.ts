import { mergeDotenv } from "../format/dotenv.ts";
import type { Exports, Host } from "../host/host.ts";
import type { Inputs } from "../host/inputs.ts";
import { checkExports } from "../select/export-rules.ts";
import type { TemporaryDevice } from "../stash/keys.ts";
import { type EnvFile, locateEnvFile, readEnvFile } from "../workspace/env-file.ts";

/** What one session came to, for its exports and its report. */
export interface Session {
  keyDirectory: string;
  device: TemporaryDevice;
  variables: ReadonlyMap<string, string>;
}

const sessionOutputs = [
  "key-dir",
  "device-key-id",
  "expires-at",
  "count",
  "names",
  "env-file",
  "available",
  "json",
];

/**
 * Works out everything that will be written, and writes nothing: whatever must be refused is refused here.
 *
 * @throws {StashError} `NAMES_REFUSED`, `VALUES_REFUSED`, `ENV_FILE_REFUSED`, `ENV_FILE_FAILED`
 */
export async function planExports(
  host: Host,
  inputs: Inputs,
  { keyDirectory, device, variables }: Session,
): Promise<Exports & { envFile?: EnvFile; envFileText: string }> {
  checkExports(variables, {
    allowNames: inputs.allowNames,
    hostRefuses: host.refusedNames,
    takenOutputs: inputs.outputs ? sessionOutputs : [],
  });
  const outputs = new Map([
    ["key-dir", keyDirectory],
    ["device-key-id", String(device.id)],
    ["expires-at", device.expiresAt],
    ["count", String(variables.size)],
    ["names", JSON.stringify([...variables.keys()])],
    ["available", "true"],
  ]);
  if (inputs.outputs) {
    outputs.set("json", JSON.stringify(Object.fromEntries(variables)));
    for (const [name, value] of variables) outputs.set(name, value);
  }
  const environment = new Map(inputs.exportEnv ? [...variables, ["SECRET_STASH_KEY_DIR", keyDirectory]] : []);
  if (inputs.envFile === "") return { environment, outputs, envFileText: "" };

  const envFile = await locateEnvFile(inputs.envFile, host.workspace, keyDirectory);
  outputs.set("env-file", envFile.path);
  return { environment, outputs, envFile, envFileText: mergeDotenv(await readEnvFile(envFile), variables) };
}
