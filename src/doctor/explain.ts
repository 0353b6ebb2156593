import type { System } from "../ci/host.ts";
import type { Inputs } from "../inputs/inputs.ts";
import { cancellationError } from "../lib/cancellation.ts";
import { StashError } from "../lib/errors.ts";
import { connect, within } from "../stash/connect.ts";
import { statusOf } from "../stash/service.ts";
import { runChecks } from "./checks.ts";
import { accountChecks } from "./service.ts";

const CHECKS_SECONDS = 10;

/**
 * Finds out what to report when a pull fails. After a cancellation every other error is its consequence, except how a command ended.
 *
 * A 401, 403 or 404 says little by itself, so this runs the checks that `doctor` runs, and adds what is fine and what is not.
 *
 * @returns the error to report; the same one if there is nothing to add
 */
export async function explainFailure(
  system: System,
  { service: address, selection, broker }: Inputs,
  error: unknown,
): Promise<unknown> {
  const isCommand = error instanceof StashError && error.code === "COMMAND_FAILED";
  if (system.cancelled.aborted) return isCommand ? error : cancellationError();
  const isRefusal = error instanceof StashError && [401, 403, 404, 405].includes(statusOf(error) ?? 0);
  if (!isRefusal || broker !== undefined) return error; // A broker says by itself what it refuses.
  const service = within(connect(system, address), Math.min(CHECKS_SECONDS, address.timeoutSeconds));
  const findings = await runChecks(accountChecks(service, selection, system.environment));
  const wrong = findings.find(({ state }) => state === "wrong");
  const fine = findings
    .filter(({ state }) => state === "fine")
    .map(({ check, detail }) => `${check}: ${detail}`);
  const lines = [...fine, ...(wrong && wrong.code !== error.code ? [`${wrong.check}: ${wrong.detail}`] : [])];
  if (lines.length === 0) return error;
  const checked = lines.join("; ").replace(/\.$/, "");
  return new StashError(error.code, `${error.message} Checked after the failure: ${checked}.`, {
    cause: error.cause,
  });
}
