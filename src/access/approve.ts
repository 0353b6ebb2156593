import type { Terminal } from "../ci/terminal.ts";
import type { ApproverInputs } from "../inputs/approver.ts";
import { count, printable } from "../lib/printable.ts";
import type { Service } from "../stash/service.ts";
import { confirmAddress } from "./address.ts";
import {
  grantAccess,
  isConfirmed,
  listRequest,
  openOwnEnvelope,
  requireTerminal,
  showRequest,
} from "./approver.ts";
import { readOwnKey } from "./own-key.ts";
import { type AccessRequest, type AccessRequests, findRequest, isOfJob, listRequests } from "./requests.ts";
import { watchRequests } from "./watch.ts";

/**
 * Gives waiting keys access, one envelope for each confirmation.
 *
 * @throws {StashError} `APPROVER_KEY_UNREADABLE`, `APPROVER_WITHOUT_ACCESS`, `REQUEST_NOT_FOUND`, `REQUEST_AMBIGUOUS`, `USAGE`
 */
export async function approve(terminal: Terminal, service: Service, inputs: ApproverInputs): Promise<void> {
  const { environment, fingerprint } = inputs;
  await confirmAddress(terminal, inputs);
  const approver = { service, environment, key: readOwnKey(inputs.keyDirectory) };
  (await openOwnEnvelope(approver)).fill(0); // Before anybody is asked in vain.

  if (inputs.watch) return watchRequests(terminal, approver, inputs.yesLabel);
  const found = await listRequests(service, environment);
  const request =
    fingerprint === "" ? await chooseRequest(terminal, environment, found) : findRequest(found, fingerprint);
  if (request === undefined) {
    if (fingerprint !== "") terminal.say("This key has access already.");
    return;
  }
  if (fingerprint !== "") {
    showRequest(terminal, request);
    if (!isOfJob(request, service.connection.clock.now())) {
      requireTerminal(terminal); // Whoever asks for this one may want access for ever.
      if (!(await isConfirmed(terminal, environment, request))) return;
    }
  }
  return grantAccess(terminal, approver, request);
}

async function chooseRequest(
  terminal: Terminal,
  environment: string,
  { requests, others }: AccessRequests,
): Promise<AccessRequest | undefined> {
  const keys = requests.length === 1 ? "One key needs" : `${requests.length || "No"} keys need`;
  terminal.say(
    `${keys} access to environment ${printable(environment)}${requests.length > 1 ? ", newest first" : ""}.`,
  );
  if (others > 0) {
    terminal.say(
      `${count(others, "more key")} can never be approved here: recovery keys, and keys other than RSA-4096.`,
    );
  }
  for (const [index, request] of requests.entries()) listRequest(terminal, request, index + 1);
  if (requests.length === 0) return undefined;
  requireTerminal(terminal);
  const answer = await terminal.ask(
    `\nWhich one? 1${requests.length > 1 ? ` to ${requests.length}` : ""}, or Enter for none:`,
  );
  const request = /^\d+$/.test(answer) ? requests[Number(answer) - 1] : undefined;
  if (request === undefined) terminal.say("Nothing was approved.");
  return request && (await isConfirmed(terminal, environment, request)) ? request : undefined;
}
