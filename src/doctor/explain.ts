import { StashError } from "../lib/errors.ts";
import type { Host } from "../ci/host.ts";
import type { Inputs } from "../inputs/inputs.ts";
import { statusOf } from "../stash/service.ts";
import { lookAt } from "./checks.ts";
import { connect } from "../stash/connect.ts";
import { accountChecks } from "./service.ts";
import { cancelled } from "../journal/undo.ts";

const EXPLAINING_SECONDS = 10;

/**
 * What to report when a pull fails. After a cancellation everything else is its consequence, but for how a command ended.
 *
 * A 401, 403 or 404 says little by itself: looks at what `doctor` looks at, and tells what is fine and what is not.
 *
 * @returns the error to report; the same one where there is nothing to add
 */
export async function explainFailure(host: Host, inputs: Inputs, error: unknown): Promise<unknown> {
  const isCommand = error instanceof StashError && error.code === "COMMAND_FAILED";
  if (host.cancelled.aborted) return isCommand ? error : cancelled();
  const isRefusal = error instanceof StashError && [401, 403, 404, 405].includes(statusOf(error) ?? 0);
  if (!isRefusal) return error;
  const service = connect(host, { ...inputs, timeoutSeconds: EXPLAINING_SECONDS }, host.cancelled);
  const findings = await lookAt(accountChecks(service, inputs, host.environment));
  const wrong = findings.find(({ state }) => state === "wrong");
  const fine = findings
    .filter(({ state }) => state === "fine")
    .map(({ check, detail }) => `${check}: ${detail}`);
  const lines = [...fine, ...(wrong && wrong.code !== error.code ? [`${wrong.check}: ${wrong.detail}`] : [])];
  if (lines.length === 0) return error;
  return new StashError(
    error.code,
    `${error.message} Checked after the failure: ${lines.join("; ").replace(/\.$/, "")}.`,
    {
      cause: error.cause,
    },
  );
}
