import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, inject, onTestFinished } from "vitest";
import { type ActionStep, type Job, startJob } from "../runner/job.ts";
import { type Account, seedAccount } from "../stash-server/seed.ts";
import { type StashServer, startStashServer } from "../stash-server/server.ts";
import { copyQuickAction } from "./quick-action.ts";

/** One request as it came over the wire. */
export interface RecordedRequest {
  method: string;
  /** path and query */
  url: string;
  headers: Record<string, string>;
  body: string;
}

export interface Session {
  /** where the action is */
  root: string;
  server: StashServer;
  account: Account;
  job: Job;
  /** the inputs that the main job needs, grant key included */
  inputs: Record<string, string>;
  requests: RecordedRequest[];
  /** A step of the action with these inputs changed. */
  step(changes?: Record<string, string>, environment?: Record<string, string>): ActionStep;
  /** Everything in the runner's temp directory, which is empty when a job begins. */
  leftInTemp(): string[];
}

export interface SessionOptions {
  variables?: Record<string, string | null>;
  grant?: boolean;
  type?: string;
  requestsPerMinute?: number;
  /** from the test's own context: if tests run side by side, the imported one belongs to another test */
  onTestFinished?: (work: () => Promise<void>) => void;
  /** where the action is; by default a copy whose keys are ready at once (quick-action.ts) */
  root?: string;
  /** Answers a request instead of the service. */
  answer?: (request: RecordedRequest) => Response | undefined | Promise<Response | undefined>;
  /** Runs when the service has done what was asked, and before its answer is sent. */
  served?: (request: RecordedRequest) => void | Promise<void>;
}

/** Starts a server with an account, and a job on a runner. Both are real, and removed when the test ends. */
export async function startSession(options: SessionOptions = {}): Promise<Session> {
  const requests: RecordedRequest[] = [];
  const recorded = new WeakMap<Request, RecordedRequest>();
  const server = await startStashServer({
    requestsPerMinute: options.requestsPerMinute ?? 1000,
    intercept: async (request) => {
      const entry = await record(request);
      recorded.set(request, entry);
      requests.push(entry);
      return options.answer?.(entry);
    },
    observe: (request) => options.served?.(recorded.get(request) as RecordedRequest),
  });
  const { ownerKeys, grantKeys } = inject("keys");
  const account = seedAccount(server.store, {
    environment: "ci",
    type: options.type ?? "testing",
    variables: options.variables ?? { API_KEY: "plain-secret-value", EMPTY: "" },
    ownerKeys,
    ...(options.grant !== false && { grantKeys }),
  });
  const folder = mkdtempSync(join(tmpdir(), "scenario-"));
  (options.onTestFinished ?? onTestFinished)(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const root = options.root ?? copyQuickAction(folder, inject("keyPool"));
  const job = startJob(folder, { root });
  const inputs: Record<string, string> = {
    "api-token": account.apiToken,
    "application-id": account.applicationId,
    environment: account.environment,
    "api-url": server.url,
    "grant-key": options.grant === false ? "" : `${account.grantKeyId}:${grantKeys.privateKey}`,
  };
  return {
    root,
    server,
    account,
    job,
    inputs,
    requests,
    step: (changes = {}, environment = {}) => job.uses({ ...inputs, ...changes }, environment),
    leftInTemp: () => readdirSync(job.temp),
  };
}

async function record(request: Request): Promise<RecordedRequest> {
  const { pathname, search } = new URL(request.url);
  const headers = Object.fromEntries(request.headers);
  return { method: request.method, url: pathname + search, headers, body: await request.clone().text() };
}

/** `METHOD path` of each request, without the account's ids, for counting and ordering. */
export function endpoints({ requests, account }: Session): string[] {
  return requests.map(({ method, url }) =>
    `${method} ${url}`
      .replace(account.applicationId, "APP")
      .replace(/(user\/keys\/|device_key_id=)\d+/, "$1ID"),
  );
}

/**
 * Runs a main stage that has to fail, and checks what all failures have in common: one error, nothing exported, nothing left, and
 * a post stage that finds nothing to do.
 *
 * @returns the error's message, its code in brackets at the end
 */
export async function failingMain(
  session: Session,
  changes: Record<string, string> = {},
  environment: Record<string, string> = {},
): Promise<string> {
  const { job, leftInTemp } = session;
  const step = session.step(changes, environment);
  expect(await step.main()).toBe(1);
  const errors = job.log.annotations.filter(({ level }) => level === "error");
  expect(errors).toHaveLength(1);
  expect(job.environment.size).toBe(0);
  expect(step.outputs.size).toBe(0);
  expect(leftInTemp()).toEqual([]);
  expect(
    session.server.store
      .listKeys()
      .map(({ expires_at }) => expires_at)
      .filter(Boolean),
  ).toEqual([]);
  const requestsBeforePost = session.requests.length;
  expect(await step.post()).toBe(0);
  expect(job.log.lines.at(-1)).toBe("SecretStash: nothing to clean up.");
  expect(session.requests).toHaveLength(requestsBeforePost);
  return errors[0]?.message ?? "";
}
