import { setTimeout as sleep } from "node:timers/promises";
import { groupFingerprint } from "../crypto/device-key.ts";
import { openEnvelope } from "../crypto/envelope.ts";
import { listNames, printable, StashError } from "../lib/errors.ts";
import { quoteForShell } from "../format/shell.ts";
import type { Host } from "../ci/host.ts";
import { inputDefaults } from "../inputs/defaults.ts";
import type { Inputs } from "../inputs/inputs.ts";
import { HttpError } from "../http/http-error.ts";
import { type EnvelopeAnswer, readEnvelope } from "../stash/envelopes.ts";
import { explainNotFound, listEnvironments } from "../stash/environments.ts";
import { listKeys, type TemporaryDevice } from "../stash/keys.ts";
import type { Service } from "../stash/service.ts";
import { renewed } from "../stash/connect.ts";
import { cancelled } from "../journal/undo.ts";

const FIRST_PAUSE_MS = 2000;
const LONGEST_PAUSE_MS = 10_000;
const MINUTE_MS = 60_000;

/** The key that waits. Its private half opens what an approver sends. */
export interface WaitingKey extends TemporaryDevice {
  privateKeyPem: string;
  fingerprint: string;
}

/**
 * Waits until a person, or a trusted machine, has approved the temporary key for every one of these environments.
 *
 * 1. Say what is waited for, and the command that approves it.
 * 2. Ask for each envelope that is missing, politely: after 2 s, then ever more slowly, up to 10 s, or as long as a 429 says.
 * 3. Stop at once when waiting cannot help: the key expired or was deleted, the environment is gone, the token is refused.
 * 4. Stop at the deadline. Time is the service's, which decides when the key expires.
 *
 * @returns the DEK of each environment
 * @throws {StashError} `APPROVAL_TIMED_OUT`, `APPROVAL_REFUSED`, `DEVICE_KEY_EXPIRED`, `ENVELOPE_UNREADABLE`, `CANCELLED`
 */
export async function awaitApproval(
  host: Host,
  service: Service,
  inputs: Inputs,
  environments: readonly string[],
  key: WaitingKey,
): Promise<Map<string, Buffer>> {
  const { clock } = service.connection;
  const deadline = clock.now() + inputs.grantWaitMinutes * 60_000;
  announce(host, inputs, environments, key); // 1
  const remind = () => {
    const minutes = Math.max(1, Math.ceil((deadline - clock.now()) / 60_000));
    host.info(`SecretStash: still waiting for approval, ${minutes} minutes left.`);
  };
  const reminder = setInterval(remind, MINUTE_MS);
  try {
    return await collectDeks(host, service, inputs, new Set(environments), { ...key, deadline });
  } finally {
    clearInterval(reminder);
  }
}

async function collectDeks(
  host: Host,
  service: Service,
  inputs: Inputs,
  waiting: Set<string>,
  key: WaitingKey & { deadline: number },
): Promise<Map<string, Buffer>> {
  const { clock } = service.connection;
  const deks = new Map<string, Buffer>();
  let examinedAt = Number.NEGATIVE_INFINITY;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(LONGEST_PAUSE_MS, pause * 1.5)) {
    let asked = 0;
    for (const environment of waiting) {
      const answer = await ask(service, environment, key.id); // 2
      if (typeof answer === "number") {
        asked = Math.max(asked, answer);
      } else if (answer.envelope !== undefined) {
        deks.set(environment, openEnvelope(answer.envelope, key.privateKeyPem));
        waiting.delete(environment);
        const by = answer.grantedBy === undefined ? "" : ` by ${printable(answer.grantedBy)}`;
        host.info(`SecretStash: approved for environment ${printable(environment)}${by}.`);
      } else if (answer.isUnknown && clock.now() - examinedAt >= MINUTE_MS) {
        examinedAt = clock.now();
        await checkHope(service, environment, key).catch(unlessPassing); // 3
      }
    }
    if (waiting.size === 0) return deks;
    if (clock.now() >= Date.parse(key.expiresAt)) throw expired(key); // 3
    const left = key.deadline - clock.now();
    if (left <= 0) throw timedOut(inputs, [...waiting], key); // 4
    await pauseFor(Math.min(Math.max(pause, asked), left), host.cancelled);
  }
}

function announce(host: Host, inputs: Inputs, environments: readonly string[], key: WaitingKey): void {
  const { apiUrl, applicationId, grantWaitMinutes } = inputs;
  const where = `environment ${listNames(environments)} of application ${printable(applicationId)}`;
  host.notice(
    `This job waits up to ${grantWaitMinutes} minutes for somebody to approve its temporary key for ${where}. ` +
      `Fingerprint: ${groupFingerprint(key.fingerprint)}`,
  );
  const isDefault = apiUrl.href === new URL(inputDefaults["api-url"]).href;
  const service = isDefault ? "" : ` --api-url ${quoteForShell(apiUrl.href)}`;
  host.info(
    [
      "SecretStash: waiting for approval",
      `  key          device key ${key.id}`,
      `  label        ${printable(key.label, 255)}`,
      `  fingerprint  ${groupFingerprint(key.fingerprint)}`,
      `  environment  ${listNames(environments)}`,
      `  expires      ${printable(key.expiresAt)}`,
      "Whoever has access compares the fingerprint and runs, with a token and a key of their own:",
    ].join("\n"),
  );
  for (const environment of environments) {
    const flags = `--application-id ${quoteForShell(applicationId)} --environment ${quoteForShell(environment)}`;
    host.info(
      printable(
        `  secret-stash-ci approve${service} ${flags} --fingerprint "${groupFingerprint(key.fingerprint)}"`,
        1000,
      ),
    );
  }
}

async function pauseFor(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(milliseconds, undefined, { signal });
  } catch {
    throw cancelled();
  }
}

/**
 * Asks once. A fault of the service or the network is no reason to give up: the next answer may be better.
 *
 * @returns the answer; or how many milliseconds to wait before the next question, where a fault said so
 */
async function ask(service: Service, environment: string, id: number): Promise<EnvelopeAnswer | number> {
  try {
    return await readEnvelope(renewed(service), environment, id);
  } catch (error) {
    if (service.connection.cancelled?.aborted) throw cancelled();
    if (!(error instanceof StashError) || !passing.has(error.code)) throw error;
    const seconds = error.cause instanceof HttpError ? error.cause.retryAfterSeconds : undefined;
    return (seconds ?? 0) * 1000;
  }
}

/** A service that stumbles while it is asked about the rest may still send the envelope. */
function unlessPassing(error: unknown): void {
  if (!(error instanceof StashError) || !passing.has(error.code)) throw error;
}

const passing: ReadonlySet<string> = new Set([
  "RATE_LIMITED",
  "SERVICE_FAILED",
  "SERVICE_UNREACHABLE",
  "TIMED_OUT",
]);

/** A 404 can mean "no envelope yet" (docs/protocol.md, HTTP), or that there is nothing any more to wait for. */
async function checkHope(service: Service, environment: string, key: WaitingKey): Promise<void> {
  if (service.connection.clock.now() >= Date.parse(key.expiresAt)) throw expired(key);
  const slugs = (await listEnvironments(renewed(service))).map(({ slug }) => slug);
  if (!slugs.includes(environment)) throw await explainNotFound(renewed(service), environment);
  if ((await listKeys(renewed(service))).some(({ id }) => id === key.id)) return;
  throw new StashError(
    "APPROVAL_REFUSED",
    `The temporary key (device key ${key.id}) is no longer registered: somebody deleted it, which refuses the request, or the ` +
      "service pruned it. Ask whoever approves, and run the job again.",
  );
}

function expired(key: WaitingKey): StashError {
  return new StashError(
    "DEVICE_KEY_EXPIRED",
    `The temporary key (device key ${key.id}) expired at ${printable(key.expiresAt)}, before anybody approved it. ` +
      "Run the job again when somebody is there, or raise ttl and grant-wait.",
  );
}

function timedOut(
  { grantWaitMinutes }: Inputs,
  environments: readonly string[],
  key: WaitingKey,
): StashError {
  return new StashError(
    "APPROVAL_TIMED_OUT",
    `Nobody approved the temporary key (device key ${key.id}) for environment ${listNames(environments)} within ` +
      `${grantWaitMinutes} minutes. Whoever approves may not have seen the request, or approved another key. ` +
      "Run the job again when somebody is there, or raise grant-wait.",
  );
}
