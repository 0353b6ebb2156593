import { setTimeout as sleep } from "node:timers/promises";
import { openEnvelope } from "../crypto/envelope.ts";
import { HttpError } from "../http/http-error.ts";
import type { RegisteredDeviceKey } from "../key/register.ts";
import { cancellationError, throwIfCancelled } from "../lib/cancellation.ts";
import { StashError } from "../lib/errors.ts";
import { count, listNames, printable } from "../lib/printable.ts";
import { forPolling } from "../stash/connect.ts";
import { type EnvelopeAnswer, readEnvelope } from "../stash/envelopes.ts";
import { explainNotFound, listEnvironments } from "../stash/environments.ts";
import { listKeys } from "../stash/keys.ts";
import { locateEnvironment, type Service } from "../stash/service.ts";
import { isTransientFailure } from "../stash/transient.ts";
import { type AnnouncementContext, announceRequest } from "./announcement.ts";

const FIRST_PAUSE_MS = 2000;
const LONGEST_PAUSE_MS = 10_000;
const MINUTE_MS = 60_000;
// The service says what time it is. It cannot make a job wait longer than the job wants to.
const CLOCK_TOLERANCE_MS = 5000;

/** Whom to tell that a job waits, and how long it may wait. */
export interface WaitContext extends AnnouncementContext {
  cancelled: AbortSignal;
}

/**
 * Waits until a person, or a trusted machine, has approved the temporary key for every one of these environments.
 *
 * 1. Say what the job waits for, show the command that approves it, and tell the webhook.
 * 2. Ask for each missing envelope: after 2 s, then less and less often, up to every 10 s, or as a 429 says.
 * 3. Stop as soon as waiting cannot help: the key expired or was deleted, the environment is gone, the token is refused.
 * 4. Stop at the deadline, by the clock of the service, which decides when the key expires.
 *
 * @returns the DEK of each environment
 * @throws {StashError} `APPROVAL_TIMED_OUT`, `APPROVAL_REFUSED`, `DEVICE_KEY_EXPIRED`, `ENVELOPE_UNREADABLE`, `CANCELLED`
 */
export async function awaitApproval(
  service: Service,
  environments: readonly string[],
  key: RegisteredDeviceKey,
  context: WaitContext,
): Promise<Map<string, Buffer>> {
  const { clock } = service.connection;
  const deadline = clock.now() + context.minutes * MINUTE_MS;
  announceRequest(service, environments, key, context); // 1
  const remind = () => {
    const minutes = Math.max(1, Math.ceil((deadline - clock.now()) / MINUTE_MS));
    context.log.info(`SecretStash: still waiting for approval, ${count(minutes, "minute")} left.`);
  };
  const reminder = setInterval(remind, MINUTE_MS);
  try {
    return await collectDeks(forPolling(service), new Set(environments), { ...key, deadline }, context);
  } finally {
    clearInterval(reminder);
  }
}

async function collectDeks(
  service: Service,
  waiting: Set<string>,
  key: RegisteredDeviceKey & { deadline: number },
  { log, cancelled, minutes }: WaitContext,
): Promise<Map<string, Buffer>> {
  const { clock } = service.connection;
  const deks = new Map<string, Buffer>();
  let checkedAt = Number.NEGATIVE_INFINITY;
  const endsAt = performance.now() + minutes * MINUTE_MS + CLOCK_TOLERANCE_MS;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(LONGEST_PAUSE_MS, pause * 1.5)) {
    let asked = 0;
    for (const environment of waiting) {
      const answer = await ask(service, environment, key.id, cancelled); // 2
      if (typeof answer === "number") {
        asked = Math.max(asked, answer);
      } else if (answer.envelope !== undefined) {
        deks.set(environment, openEnvelope(answer.envelope, key.privateKeyPem));
        waiting.delete(environment);
        const by = answer.grantedBy === undefined ? "" : ` by ${printable(answer.grantedBy)}`;
        log.info(`SecretStash: approved for environment ${printable(environment)}${by}.`);
      } else if (answer.isUnknown && clock.now() - checkedAt >= MINUTE_MS) {
        checkedAt = clock.now();
        await assertCanBeApproved(service, environment, key).catch(ignoreTransientFailure); // 3
      }
    }
    if (waiting.size === 0) return deks;
    if (clock.now() >= Date.parse(key.expiresAt)) throw expired(key); // 3
    const left = Math.min(key.deadline - clock.now(), endsAt - performance.now());
    if (left <= 0) throw timedOut(minutes, [...waiting], key); // 4
    await pauseFor(Math.min(Math.max(pause, asked), left), cancelled);
  }
}

async function pauseFor(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(milliseconds, undefined, { signal });
  } catch {
    throw cancellationError();
  }
}

/**
 * Asks once. A fault of the service or of the network is no reason to give up, because the next answer may be better.
 *
 * @returns the answer; after a fault, how many milliseconds it said to wait
 */
async function ask(
  service: Service,
  environment: string,
  id: number,
  cancelled: AbortSignal,
): Promise<EnvelopeAnswer | number> {
  try {
    return await readEnvelope(service, environment, id);
  } catch (error) {
    throwIfCancelled(cancelled);
    if (!isTransientFailure(error)) throw error;
    const seconds = error.cause instanceof HttpError ? error.cause.retryAfterSeconds : undefined;
    return (seconds ?? 0) * 1000;
  }
}

function ignoreTransientFailure(error: unknown): void {
  if (!isTransientFailure(error)) throw error;
}

/** A 404 can mean that there is no envelope yet (docs/protocol.md, HTTP), or that there never will be one. */
async function assertCanBeApproved(
  service: Service,
  environment: string,
  key: RegisteredDeviceKey,
): Promise<void> {
  if (service.connection.clock.now() >= Date.parse(key.expiresAt)) throw expired(key);
  const { applicationId, slug } = locateEnvironment(service, environment);
  const known = await listEnvironments(service, applicationId);
  if (!known.some((found) => found.slug === slug)) throw await explainNotFound(service, environment);
  if ((await listKeys(service)).some(({ id }) => id === key.id)) return;
  throw new StashError(
    "APPROVAL_REFUSED",
    `The temporary key (device key ${key.id}) is no longer registered. Somebody deleted it to refuse the request, or the service ` +
      "removed it. Ask the approver, and run the job again.",
  );
}

function expired(key: RegisteredDeviceKey): StashError {
  return new StashError(
    "DEVICE_KEY_EXPIRED",
    `The temporary key (device key ${key.id}) expired at ${printable(key.expiresAt)}, before anybody approved it. Run the job again ` +
      "when an approver is available, or raise ttl and grant-wait.",
  );
}

function timedOut(minutes: number, environments: readonly string[], key: RegisteredDeviceKey): StashError {
  return new StashError(
    "APPROVAL_TIMED_OUT",
    `Nobody approved the temporary key (device key ${key.id}) for environment ${listNames(environments)} within ${count(minutes, "minute")}. The ` +
      "approver may not have seen the request, or approved another key. Run the job again when an approver is available, or raise grant-wait.",
  );
}
