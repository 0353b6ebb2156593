import { generateDeviceKey } from "../crypto/device-key.ts";
import { splitGrantKey } from "../crypto/grant-key.ts";
import { createKeyDirectory, newKeyDirectoryPath, writeDeviceFile } from "../device/key-directory.ts";
import type { Host } from "../host/host.ts";
import { type Inputs, parseInputs } from "../host/inputs.ts";
import { runnerMasks } from "../redact/runner-masks.ts";
import { registerTemporaryKey } from "../stash/keys.ts";
import { listVariables } from "../stash/variables.ts";
import { writeEnvFile } from "../workspace/env-file.ts";
import { undoSession } from "./clean-up.ts";
import { connect } from "./connect.ts";
import { decryptVariables } from "./decrypt.ts";
import { planExports } from "./exports.ts";
import { obtainDek, openGrant } from "./grant.ts";
import { report } from "./report.ts";
import { createUndoLog, type UndoLog } from "./undo.ts";

/** Main: pulls the variables into the job, or fails and leaves nothing behind. */
export async function pull(host: Host): Promise<void> {
  maskCredentials(host);
  const inputs = parseInputs(host.readInput);
  const log = createUndoLog(host);
  try {
    await pullVariables(host, inputs, log);
  } catch (error) {
    if (await undoSession(host, log.undo)) log.forget();
    throw error;
  }
}

async function pullVariables(host: Host, inputs: Inputs, { remember }: UndoLog): Promise<void> {
  const service = connect(host, inputs);
  const { environment, ttlMinutes } = inputs;

  // The key takes longest, so it starts first; all that needs no key runs beside it.
  const [key, encrypted, granted] = await together(
    generateDeviceKey(),
    listVariables(service, environment),
    openGrant(host, service, inputs),
  );

  const keyDirectory = newKeyDirectoryPath(host.temporaryDirectory);
  remember({ keyDirectory });
  await createKeyDirectory(keyDirectory, key.privateKeyPem);

  const { hostname, platform } = host;
  const label = inputs.label || `CI/CD Temporary Key (${hostname})`;
  const device = await registerTemporaryKey(service, {
    label,
    publicKeyPem: key.publicKeyPem,
    ttlMinutes,
    hostname,
    platform,
  });
  remember({ deviceKeyId: device.id, expiresAt: device.expiresAt });
  await writeDeviceFile(keyDirectory, { ...key, ...device });

  const dek = await obtainDek(service, environment, granted, { ...key, id: device.id });
  const variables = decryptVariables(encrypted, inputs.ignore, dek);
  dek.fill(0);

  const session = { keyDirectory, device, variables };
  const exports = await planExports(host, inputs, session);
  host.mask(runnerMasks([...variables.values(), exports.outputs.get("json") ?? ""]));

  if (exports.envFile !== undefined) {
    remember({ envFile: { ...exports.envFile, keep: inputs.keepEnvFile } });
    await writeEnvFile(exports.envFile, exports.envFileText);
  }
  host.publish(exports);
  report(host, inputs, session);
}

/** Before anything else is said: a mistake in any other input may be about to be printed. */
function maskCredentials(host: Host): void {
  const { key } = splitGrantKey(host.readInput("grant-key"));
  host.mask(runnerMasks([host.readInput("api-token").trim(), key.trim()]));
}

/** Waits for all, so that nothing is still under way when one has failed; of several failures the first in order counts. */
async function together<Results extends unknown[]>(
  ...work: { [Index in keyof Results]: Promise<Results[Index]> }
): Promise<Results> {
  await Promise.allSettled(work);
  return Promise.all(work) as Promise<Results>;
}
