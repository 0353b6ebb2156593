import type { Log } from "../ci/host.ts";
import { groupFingerprint } from "../crypto/device-key.ts";
import { quoteForShell } from "../format/shell.ts";
import { inputDefaults } from "../inputs/defaults.ts";
import type { RegisteredDeviceKey } from "../key/register.ts";
import { systemCode } from "../lib/errors.ts";
import { count, listNames, printable } from "../lib/printable.ts";
import { locateEnvironment, type Service } from "../stash/service.ts";

/** Whom to tell that a job waits for approval. */
export interface AnnouncementContext {
  log: Pick<Log, "info" | "notice" | "warn">;
  /** how long the job waits; 0 means not at all */
  minutes: number;
  /** which job it is, for people */
  jobName: string | undefined;
  /** Sends a message to the address in `approval-webhook`, once; `undefined` if there is none. */
  notify: ((message: object) => Promise<void>) | undefined;
}

/**
 * Says what a job waits for, and shows the command that approves it: in the log, and to the webhook. The job neither waits for the webhook
 * nor fails because of it.
 */
export function announceRequest(
  service: Service,
  environments: readonly string[],
  key: RegisteredDeviceKey,
  { log, minutes, jobName, notify }: AnnouncementContext,
): void {
  const fingerprint = groupFingerprint(key.fingerprint);
  const places = environments.map((name) => locateEnvironment(service, name));
  const isOne = new Set(places.map(({ applicationId }) => applicationId)).size === 1;
  const target = isOne
    ? `environment ${listNames(places.map(({ slug }) => slug))} of application ${printable(places[0]?.applicationId ?? "")}`
    : `environment ${listNames(places.map(({ applicationId, slug }) => `${applicationId}/${slug}`))}`;
  const wait = `waits up to ${count(minutes, "minute")} until somebody approves its temporary key for ${target}`;
  const commands = environments.map((environment) => approveCommand(service, environment, fingerprint));
  log.notice(`This job ${wait}. Fingerprint: ${fingerprint}`);
  log.info(
    [
      "SecretStash: waiting for approval",
      `  key          device key ${key.id}`,
      `  label        ${printable(key.label, 255)}`,
      `  fingerprint  ${fingerprint}`,
      `  environment  ${listNames(environments)}`,
      `  expires      ${printable(key.expiresAt)}`,
      "To approve, compare the fingerprint and run this with a token and a key of your own:",
    ].join("\n"),
  );
  for (const command of commands) log.info(`  ${command}`);
  const job = jobName === undefined ? "A job" : printable(jobName);
  notify?.({
    text: escapeForSlack(
      `${job} ${wait}.\nFingerprint: ${fingerprint}\nCompare it with the job's log, then run:\n${commands.join("\n")}`,
    ),
    job: jobName ?? null,
    label: key.label,
    device_key_id: key.id,
    fingerprint: key.fingerprint,
    environments: places.map(({ applicationId, slug }) => ({ application_id: applicationId, slug })),
    expires_at: key.expiresAt,
    wait_minutes: minutes,
    commands,
  }).catch((error: unknown) => {
    log.warn(
      `The address in approval-webhook was not reached, or refused the message (${systemCode(error)}). The job goes on waiting. Check ` +
        "the address, and whether it accepts a POST with JSON.",
    );
  });
}

function approveCommand(service: Service, environment: string, fingerprint: string): string {
  const apiUrl = new URL(service.connection.baseUrl.href.replace(/\/api\/$/, ""));
  const { applicationId, slug } = locateEnvironment(service, environment);
  const isDefault = apiUrl.href === new URL(inputDefaults["api-url"]).href;
  const address = isDefault ? "" : ` --api-url ${quoteForShell(apiUrl.href)}`;
  const flags = `--application-id ${quoteForShell(applicationId)} --environment ${quoteForShell(slug)}`;
  return printable(`secret-stash-ci approve${address} ${flags} --fingerprint "${fingerprint}"`, 1000);
}

/**
 * Slack's incoming webhooks show `text`, in which these characters begin mentions and links: a pull request can choose the name of a job
 * (docs.slack.dev, Formatting message text).
 */
function escapeForSlack(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
