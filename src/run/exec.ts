import type { Host } from "../host/host.ts";
import { parseInputs, skipsForMissingCredentials } from "../host/inputs.ts";
import { explainFailure } from "./failure.ts";
import { checkForLeaks } from "./leak-check.ts";
import { maskCredentials } from "./mask.ts";
import { runMasked } from "./masked-command.ts";
import { pullVariables, takeBack } from "./pull.ts";
import { reportSkipped } from "./report.ts";
import { createUndoLog } from "./undo.ts";

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
  try {
    const session = await pullVariables(host, inputs, undoLog);
    const exitCode = await runMasked(host, command, session);
    await checkForLeaks(host, inputs.leakCheck, undoLog.undo);
    return exitCode;
  } catch (error) {
    throw await explainFailure(host, inputs, error);
  } finally {
    await takeBack(host, undoLog);
  }
}
