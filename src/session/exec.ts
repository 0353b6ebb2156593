import type { Host } from "../ci/host.ts";
import { parseInputs, skipsForMissingCredentials } from "../inputs/inputs.ts";
import { explainFailure } from "../doctor/explain.ts";
import { maskCredentials } from "../masks/announce.ts";
import { runMasked } from "../command/masked.ts";
import { endSession, pullVariables } from "./pull.ts";
import { reportSkipped } from "./report.ts";
import { createUndoLog } from "../journal/undo.ts";

/**
 * Runs one command with the variables in its environment alone and its output masked, and takes everything back when it ends.
 *
 * @returns the command's exit code, 128 + n after a signal
 */
export async function exec(host: Host, command: readonly string[]): Promise<number> {
  await maskCredentials(host);
  if (skipsForMissingCredentials(host.readInput)) {
    reportSkipped(host);
    return runMasked(host, command, { variables: new Map(), secrets: [] });
  }
  const inputs = { ...parseInputs(host.readInput, host.whyNoSecrets()), exportEnv: false };
  const undoLog = createUndoLog(host);
  let exitCode: number;
  try {
    exitCode = await runMasked(host, command, await pullVariables(host, inputs, undoLog));
  } catch (error) {
    await endSession(host, inputs, undoLog);
    throw await explainFailure(host, inputs, error);
  }
  const leak = await endSession(host, inputs, undoLog);
  if (leak !== undefined) throw leak;
  return exitCode;
}
