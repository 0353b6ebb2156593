import { setTimeout as sleep } from "node:timers/promises";
import type { Terminal } from "../ci/terminal.ts";
import { StashError } from "../lib/errors.ts";
import { printable } from "../lib/printable.ts";
import type { Glob } from "../select/patterns.ts";
import { forPolling } from "../stash/connect.ts";
import { isTransientFailure } from "../stash/transient.ts";
import { type Approver, grantAccess, isConfirmed, listRequest, requireTerminal } from "./approver.ts";
import { type AccessRequest, isOfJob, listRequests } from "./requests.ts";

const PAUSE_MS = 5000;

/** Watches for requests until Ctrl-C, and asks about each of them once. Throws as `grantAccess` does. */
export async function watchRequests(
  terminal: Terminal,
  watcher: Approver,
  yesLabel: Glob | undefined,
): Promise<void> {
  const approver = { ...watcher, service: forPolling(watcher.service) };
  const { service, environment } = approver;
  if (yesLabel === undefined) requireTerminal(terminal);
  else {
    terminal.say(
      "Warning: --yes-label approves without asking. A label is a claim, not a proof: whoever can register a key with this account can give it any label.",
    );
  }
  terminal.say(
    `Watching for keys that need access to environment ${printable(environment)}. Press Ctrl-C to stop.`,
  );
  const seen = new Set<number>();
  let isFailing = false;
  while (!terminal.cancelled.aborted) {
    const found = await listRequests(service, environment).catch((error: unknown) => {
      if (!isTransientFailure(error)) throw error;
      if (!isFailing) terminal.say(`${error.message} Trying again. [${error.code}]`);
      return undefined;
    });
    isFailing = found === undefined;
    for (const request of found?.requests.reverse() ?? []) {
      if (seen.has(request.id) || terminal.cancelled.aborted) continue;
      seen.add(request.id);
      await answerRequest(terminal, approver, request, yesLabel);
    }
    await sleep(PAUSE_MS, undefined, { signal: terminal.cancelled }).catch(() => {});
  }
  terminal.cancelled.throwIfAborted();
}

async function answerRequest(
  terminal: Terminal,
  approver: Approver,
  request: AccessRequest,
  yesLabel: Glob | undefined,
): Promise<void> {
  listRequest(terminal, request);
  const isNamed = yesLabel?.match(request.label) !== undefined;
  const { kind } = request.lifetime;
  const isWanted = isNamed && isOfJob(request, approver.service.connection.clock.now());
  if (isNamed && !isWanted && !terminal.isInteractive) {
    const why = kind === "unknown" ? "nobody knows whether it expires" : "this is not a temporary key";
    terminal.say(`   Not approved: the label matches, but ${why}.`);
  } else if (
    isWanted ||
    (terminal.isInteractive && (await isConfirmed(terminal, approver.environment, request)))
  ) {
    await grantAccess(terminal, approver, request).catch((error: unknown) => {
      const concernsThisRequest = error instanceof StashError && error.code === "REQUEST_NOT_FOUND";
      if (!isTransientFailure(error) && !concernsThisRequest) throw error;
      terminal.say(`${error.message} [${error.code}]`);
    });
  } else if (!terminal.isInteractive) terminal.say("   Not approved: the label does not match.");
}
