import type { Host } from "../ci/host.ts";
import { describeNetwork } from "../http/network.ts";
import { readCredentials, skipsForMissingCredentials } from "../inputs/credentials.ts";
import { type Inputs, parseInputs } from "../inputs/inputs.ts";
import { openUndoJournal, type UndoJournal } from "../journal/undo-journal.ts";
import { maskCredentials } from "../masks/announce.ts";

/**
 * Masks the credentials, before anything else is said, and parses the inputs.
 *
 * @param refuseJob refuses a job that must not get variables, before mistakes in inputs are reported
 * @returns `undefined` if the job has no credentials and is to go on without the variables
 * @throws {StashError} `INPUTS_INVALID`
 */
export async function readInputs(host: Host, refuseJob: () => void = () => {}): Promise<Inputs | undefined> {
  const { readInput, log, job } = host;
  const credentials = readCredentials(readInput, job.workspace);
  await maskCredentials(log, credentials);
  if (skipsForMissingCredentials(readInput)) return undefined;
  refuseJob();
  const missingSecrets = host.explainMissingSecrets();
  const { workspace } = job;
  return parseInputs(readInput, { credentials, workspace, missingSecrets, misplaced: host.misplacedInputs });
}

/**
 * Opens the journal with what a later stage has to know of this one: where the token goes, and by which way. Later steps can change the
 * environment, so it takes none of that from there.
 *
 * @throws {StashError} `STATE_FAILED`
 */
export function beginJournal({ state, environment }: Host, { service }: Inputs): UndoJournal {
  const { apiToken, apiUrl, caFile } = service;
  return openUndoJournal(state, apiToken, {
    origin: apiUrl.href,
    network: describeNetwork(environment, caFile),
  });
}
