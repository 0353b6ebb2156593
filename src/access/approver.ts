import type { Terminal } from "../ci/terminal.ts";
import { groupFingerprint } from "../crypto/device-key.ts";
import { openEnvelope, wrapDek } from "../crypto/envelope.ts";
import { StashError } from "../lib/errors.ts";
import { printable } from "../lib/printable.ts";
import { findEnvelope, storeEnvelope } from "../stash/envelopes.ts";
import type { OwnKey } from "../stash/key-files.ts";
import { type Service, statusOf } from "../stash/service.ts";
import type { AccessRequest, Lifetime } from "./requests.ts";

/** Who approves: for which environment, and with which key. */
export interface Approver {
  service: Service;
  environment: string;
  key: OwnKey;
}

/** Lists a request for the person, and records it for programs. */
export function listRequest(terminal: Terminal, request: AccessRequest, number?: number): void {
  const { id, label, owner, fingerprint, lifetime } = request;
  const expiry =
    lifetime.kind === "unknown"
      ? {}
      : { expires_at: lifetime.kind === "temporary" ? lifetime.expiresAt : null };
  terminal.record({
    ...{ event: "request", device_key_id: id, label, owner, key_type: "device", fingerprint },
    ...expiry,
  });
  terminal.say();
  showRequest(terminal, request, number);
}

/** Shows whose key it is, of which kind, and how long it lives: everything that a decision is based on. */
export function showRequest(terminal: Terminal, request: AccessRequest, number?: number): void {
  const { id, label, owner, fingerprint, lifetime } = request;
  terminal.say(`${number === undefined ? "" : `${number}  `}${terminal.strong(printable(label, 255))}`);
  terminal.say(`   fingerprint  ${groupFingerprint(fingerprint)}`);
  terminal.say(`   device key   ${id}, ${owner === "" ? "owner unknown" : `of ${printable(owner)}`}`);
  terminal.say(`   expires      ${describeLifetime(lifetime)}`);
}

function describeLifetime(lifetime: Lifetime): string {
  if (lifetime.kind === "temporary") return printable(lifetime.expiresAt);
  if (lifetime.kind === "permanent") return "never: this is a permanent key, and no job's";
  return "unknown, because it is the key of another account";
}

/** Asks whether to approve a request. */
export async function isConfirmed(
  terminal: Terminal,
  environment: string,
  request: AccessRequest,
): Promise<boolean> {
  terminal.say("\nThe job's log must show the same fingerprint:");
  terminal.say(`   ${terminal.strong(groupFingerprint(request.fingerprint))}`);
  const answer = await terminal.ask(`Give this key access to environment ${printable(environment)}? [y/N]`);
  if (/^y(es)?$/i.test(answer)) return true;
  terminal.say("Nothing was approved.");
  return false;
}

/** @throws {StashError} `USAGE` if nobody is there to answer */
export function requireTerminal(terminal: Terminal): void {
  if (terminal.isInteractive) return;
  throw new StashError(
    "USAGE",
    "approve has to ask for confirmation, and there is no terminal. Name the key with --fingerprint, as its job shows it, or use --watch with " +
      "--yes-label.",
  );
}

/**
 * Gives one key access to the environment. The DEK is unwrapped only for as long as it takes to wrap it again; it is never created, changed
 * or stored.
 *
 * @throws {StashError} `APPROVER_WITHOUT_ACCESS`, `REQUEST_NOT_FOUND`, or any code of `call`
 */
export async function grantAccess(
  terminal: Terminal,
  approver: Approver,
  request: AccessRequest,
): Promise<void> {
  const { service, environment } = approver;
  const dek = await openOwnEnvelope(approver);
  const envelope = wrapDek(dek, request.publicKeyPem);
  dek.fill(0);
  try {
    await storeEnvelope(service, environment, request.id, envelope);
  } catch (cause) {
    if (statusOf(cause) !== 404) throw cause;
    throw new StashError(
      "REQUEST_NOT_FOUND",
      `Device key ${request.id} is no longer registered, because it expired or was deleted. Nothing was approved. Run its job again.`,
      { cause },
    );
  }
  terminal.record({
    event: "approved",
    device_key_id: request.id,
    fingerprint: request.fingerprint,
    environment,
  });
  const until = {
    temporary: "until it expires",
    permanent: "for ever, until somebody deletes it",
    unknown: "until it expires or somebody deletes it",
  }[request.lifetime.kind];
  terminal.say(
    `${terminal.good("Approved.")} Device key ${request.id} has access to environment ${printable(environment)} ${until}.`,
  );
}

/**
 * Opens the approver's own envelope.
 *
 * @returns the DEK
 * @throws {StashError} `APPROVER_WITHOUT_ACCESS`, or any code of `call`
 */
export async function openOwnEnvelope({ service, environment, key }: Approver): Promise<Buffer> {
  const envelope = await findEnvelope(service, environment, key.id);
  const withoutAccess = (why: string, cause?: unknown) =>
    new StashError(
      "APPROVER_WITHOUT_ACCESS",
      `Your own key (device key ${key.id}) cannot give access to environment ${printable(environment)}: ${why}. ` +
        "Check --environment and --key-dir, or ask somebody with access to approve your key first.",
      { cause },
    );
  if (envelope === undefined)
    throw withoutAccess("it has no access itself, or the token belongs to another account");
  try {
    return openEnvelope(envelope, key.privateKeyPem);
  } catch (cause) {
    throw withoutAccess("it does not open its envelope", cause);
  }
}
