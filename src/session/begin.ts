import type { Host } from "../ci/host.ts";
import { beginSeal } from "../ci/stage-secret.ts";
import { describeNetwork } from "../http/network.ts";
import {
  type Credentials,
  readCredentials,
  skipsWithoutCredentials,
  usesBroker,
} from "../inputs/credentials.ts";
import { type Inputs, parseInputs } from "../inputs/inputs.ts";
import { forgetUndo, openUndoJournal, type UndoJournal } from "../journal/undo-journal.ts";
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
  if (usesBroker(readInput)) forgetUndo(host.state); // With a token, what another step put there is not sealed with it.
  if (skipsWithoutCredentials(readInput) && lacksCredentials(host, credentials)) return undefined;
  refuseJob();
  return parseInputs(readInput, { ...host, credentials });
}

/** On GitHub, a fork has no OIDC token. A job that only lacks the permission is told so, whatever it does without credentials. */
function lacksCredentials({ readInput, idTokens }: Host, { apiToken }: Credentials): boolean {
  if (!usesBroker(readInput)) return apiToken === "";
  const fault = idTokens.findFault();
  return idTokens.namesAudience ? fault?.code === "FORK_WITHOUT_ID_TOKEN" : fault !== undefined;
}

/**
 * Opens the journal with what a later stage has to know of this one: where the token goes, and by which way. Later steps can change the
 * environment, so it takes none of that from there.
 *
 * @throws {StashError} `STATE_FAILED`
 */
export async function beginJournal(host: Host, { service, broker }: Inputs): Promise<UndoJournal> {
  return openUndoJournal(host.state, await beginSeal(host, "session"), {
    origin: (broker?.url ?? service.apiUrl).href,
    network: describeNetwork(host.environment, service.caFile),
  });
}
