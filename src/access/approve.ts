import { setTimeout as sleep } from "node:timers/promises";
import { groupFingerprint } from "../crypto/device-key.ts";
import { openEnvelope, wrapDek } from "../crypto/envelope.ts";
import { type OwnKey, readOwnKey } from "./own-key.ts";
import { printable, StashError } from "../lib/errors.ts";
import type { ApproverInputs } from "../inputs/approver.ts";
import type { Terminal } from "../ci/terminal.ts";
import { findEnvelope, storeEnvelope } from "../stash/envelopes.ts";
import { type Service, statusOf } from "../stash/service.ts";
import {
  type AccessRequest,
  type AccessRequests,
  findRequest,
  listRequests,
  looksTemporary,
} from "./requests.ts";
import { renewed } from "../stash/connect.ts";

const WATCH_PAUSE_MS = 5000;

/** Whoever approves: where, and with which key. */
interface Approver {
  service: Service;
  environment: string;
  key: OwnKey;
}

/**
 * Gives waiting keys access, one envelope a confirmation. The DEK is unwrapped for as long as it takes to wrap it again; it is never
 * made, changed or kept.
 *
 * @throws {StashError} `APPROVER_KEY_UNREADABLE`, `APPROVER_WITHOUT_ACCESS`, `REQUEST_NOT_FOUND`, `REQUEST_AMBIGUOUS`, `USAGE`
 */
export async function approve(terminal: Terminal, service: Service, inputs: ApproverInputs): Promise<void> {
  const key = await readOwnKey(inputs.keyDirectory);
  const approver = { service, environment: inputs.environment, key };
  (await openOwnEnvelope(approver)).fill(0); // so that nobody is asked in vain

  if (inputs.watch) return watchRequests(terminal, approver, inputs);
  const found = await listRequests(renewed(service), inputs.environment);
  const request =
    inputs.fingerprint === ""
      ? await chooseRequest(terminal, inputs.environment, found)
      : findRequest(found, inputs.fingerprint);
  if (request !== undefined) return grantAccess(terminal, approver, request);
  if (inputs.fingerprint !== "") terminal.say("That key has access already.");
}

async function chooseRequest(
  terminal: Terminal,
  environment: string,
  { requests, others }: AccessRequests,
): Promise<AccessRequest | undefined> {
  const count = requests.length === 1 ? "One key needs" : `${requests.length || "No"} keys need`;
  terminal.say(
    `${count} access to environment ${printable(environment)}${requests.length > 1 ? ", newest first" : ""}.`,
  );
  if (others > 0) {
    terminal.say(`Besides, ${others} that are never approved here: recovery keys, or no RSA-4096 keys.`);
  }
  for (const [index, request] of requests.entries()) showRequest(terminal, request, index + 1);
  if (requests.length === 0) return undefined;
  refuseToAsk(terminal);
  const answer = await terminal.ask(
    `\nWhich one? 1${requests.length > 1 ? ` to ${requests.length}` : ""}, or Enter for none:`,
  );
  const request = /^\d+$/.test(answer) ? requests[Number(answer) - 1] : undefined;
  if (request === undefined) terminal.say("Nothing was approved.");
  return request && (await isConfirmed(terminal, environment, request)) ? request : undefined;
}

function showRequest(terminal: Terminal, request: AccessRequest, number?: number): void {
  const { id, label, owner, fingerprint } = request;
  terminal.record({ event: "request", device_key_id: id, label, owner, key_type: "device", fingerprint });
  terminal.say();
  terminal.say(`${number === undefined ? "" : `${number}  `}${terminal.strong(printable(label, 255))}`);
  terminal.say(`   fingerprint  ${groupFingerprint(fingerprint)}`);
  terminal.say(`   device key   ${id}, ${owner === "" ? "owner unknown" : `of ${printable(owner)}`}`);
}

async function isConfirmed(
  terminal: Terminal,
  environment: string,
  request: AccessRequest,
): Promise<boolean> {
  terminal.say(`\nThe job's log must show the same fingerprint:`);
  terminal.say(`   ${terminal.strong(groupFingerprint(request.fingerprint))}`);
  const answer = await terminal.ask(`Give this key access to environment ${printable(environment)}? [y/N]`);
  if (/^y(es)?$/i.test(answer)) return true;
  terminal.say("Nothing was approved.");
  return false;
}

function refuseToAsk(terminal: Terminal): void {
  if (terminal.isInteractive) return;
  throw new StashError(
    "USAGE",
    "There is no terminal to ask at. Name the key with --fingerprint, as its job shows it; or use --watch with --yes-label.",
  );
}

/** Stays until Ctrl-C, and asks about each request once. */
async function watchRequests(
  terminal: Terminal,
  approver: Approver,
  { yesLabel }: ApproverInputs,
): Promise<void> {
  const { service, environment } = approver;
  if (yesLabel === undefined) refuseToAsk(terminal);
  else {
    terminal.say(
      "Warning: --yes-label approves without asking. A label is a claim, not a proof: whoever can register a key with this account can give it any label.",
    );
  }
  terminal.say(
    `Watching for keys that need access to environment ${printable(environment)}. Ctrl-C ends it.`,
  );
  const seen = new Set<number>();
  let isFailing = false;
  while (!terminal.cancelled.aborted) {
    const found = await listRequests(renewed(service), environment).catch((error: unknown) => {
      if (!isPassing(error)) throw error;
      if (!isFailing) terminal.say(`${error.message} Trying again. [${error.code}]`);
      return undefined;
    });
    isFailing = found === undefined;
    for (const request of found?.requests.reverse() ?? []) {
      if (seen.has(request.id) || terminal.cancelled.aborted) continue;
      seen.add(request.id);
      await answerRequest(terminal, approver, request, yesLabel);
    }
    await sleep(WATCH_PAUSE_MS, undefined, { signal: terminal.cancelled }).catch(() => {});
  }
  terminal.cancelled.throwIfAborted();
}

async function answerRequest(
  terminal: Terminal,
  approver: Approver,
  request: AccessRequest,
  yesLabel: RegExp | undefined,
): Promise<void> {
  showRequest(terminal, request);
  const isNamed = yesLabel?.test(request.label) === true;
  if (isNamed && !(await looksTemporary(renewed(approver.service), request))) {
    terminal.say("   Left alone: the label is as asked, but the key is not a temporary one.");
  } else if (
    isNamed ||
    (terminal.isInteractive && (await isConfirmed(terminal, approver.environment, request)))
  ) {
    await grantAccess(terminal, approver, request).catch((error: unknown) => {
      if (!isPassing(error)) throw error;
      terminal.say(`${error.message} [${error.code}]`);
    });
  } else if (!terminal.isInteractive) terminal.say("   Left alone: the label is not as asked.");
}

/** What may be different a moment later, or concerns one request alone. */
function isPassing(error: unknown): error is StashError {
  const codes = ["RATE_LIMITED", "SERVICE_FAILED", "SERVICE_UNREACHABLE", "TIMED_OUT", "REQUEST_NOT_FOUND"];
  return error instanceof StashError && codes.includes(error.code);
}

async function grantAccess(terminal: Terminal, approver: Approver, request: AccessRequest): Promise<void> {
  const { service, environment } = approver;
  const dek = await openOwnEnvelope(approver);
  const envelope = wrapDek(dek, request.publicKeyPem);
  dek.fill(0);
  try {
    await storeEnvelope(renewed(service), environment, request.id, envelope);
  } catch (cause) {
    if (statusOf(cause) !== 404) throw cause;
    throw new StashError(
      "REQUEST_NOT_FOUND",
      `Device key ${request.id} is no longer registered: it expired or was deleted. Nothing was approved. Run its job again.`,
      { cause },
    );
  }
  terminal.record({
    event: "approved",
    device_key_id: request.id,
    fingerprint: request.fingerprint,
    environment,
  });
  terminal.say(
    `${terminal.good("Approved.")} Device key ${request.id} has access to environment ${printable(environment)} until it expires.`,
  );
}

async function openOwnEnvelope({ service, environment, key }: Approver): Promise<Buffer> {
  const envelope = await findEnvelope(renewed(service), environment, key.id);
  const without = (why: string, cause?: unknown) =>
    new StashError(
      "APPROVER_WITHOUT_ACCESS",
      `Your own key (device key ${key.id}) cannot give access to environment ${printable(environment)}: ${why}. ` +
        "Check --environment and --key-dir, or have somebody with access approve your key first.",
      { cause },
    );
  if (envelope === undefined) throw without("it has none itself, or the token is another account's");
  try {
    return openEnvelope(envelope, key.privateKeyPem);
  } catch (cause) {
    throw without("its envelope does not open with it", cause);
  }
}
