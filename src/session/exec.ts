import type { Host } from "../ci/host.ts";
import { execCommand } from "../command/exec.ts";
import { explainFailure } from "../doctor/explain.ts";
import { beginJournal, readInputs } from "./begin.ts";
import { endSession, withoutBrokenAddress } from "./end.ts";
import { pullVariables } from "./pull.ts";
import { reportSkipped } from "./report.ts";

/**
 * Runs one command with the variables in its environment and its output masked, and undoes everything when it ends.
 *
 * @returns the command's exit code, 128 + n after a signal
 * @throws any StashError
 */
export async function exec(host: Host, command: readonly string[]): Promise<number> {
  const given = await readInputs(host);
  if (given === undefined) {
    reportSkipped(host);
    return execCommand(host, command, { variables: new Map(), secrets: [], keyDirectory: "" });
  }
  const inputs = { ...given, exports: { ...given.exports, exportEnv: false } };
  const journal = await beginJournal(host, inputs);
  let exitCode: number;
  try {
    exitCode = await execCommand(host, command, await pullVariables(host, inputs, journal));
  } catch (error) {
    await endSession(host, inputs, journal);
    throw withoutBrokenAddress(await explainFailure(host, inputs, error), journal.undo);
  }
  const leak = await endSession(host, inputs, journal);
  if (leak !== undefined) throw leak;
  return exitCode;
}
