import type { Host } from "../ci/host.ts";
import { stageSecretOf } from "../ci/stage-secret.ts";
import { describeNetwork } from "../http/network.ts";
import {
  type Credentials,
  readCredentials,
  skipsWithoutCredentials,
  usesBroker,
} from "../inputs/credentials.ts";
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
  if (skipsWithoutCredentials(readInput) && lacksCredentials(host, credentials)) return undefined;
  refuseJob();
  return parseInputs(readInput, { ...host, credentials });
}

/** With a broker, a fork has no token. A job that only lacks the permission is told so, whatever it does without credentials. */
function lacksCredentials({ readInput, idTokens }: Host, { apiToken }: Credentials): boolean {
  return usesBroker(readInput) ? idTokens.findFault()?.code === "FORK_WITHOUT_ID_TOKEN" : apiToken === "";
}

/**
 * Opens the journal with what a later stage has to know of this one: where the token goes, and by which way. Later steps can change the
 * environment, so it takes none of that from there.
 *
 * @throws {StashError} `STATE_FAILED`
 */
export function beginJournal(host: Host, { service, broker }: Inputs): UndoJournal {
  return openUndoJournal(host.state, stageSecretOf(host, true), {
    origin: (broker?.url ?? service.apiUrl).href,
    network: describeNetwork(host.environment, service.caFile),
  });
}
