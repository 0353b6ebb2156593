import type { Host } from "../ci/host.ts";
import { readCredentials, skipsForMissingCredentials } from "../inputs/credentials.ts";
import { type Inputs, parseInputs } from "../inputs/inputs.ts";
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
  return parseInputs(readInput, { credentials, workspace: job.workspace, missingSecrets });
}
