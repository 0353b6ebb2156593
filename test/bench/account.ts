import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { type ActionStep, startJob } from "../runner/job.ts";
import type { Log } from "../runner/log.ts";
import type { KeyPair } from "../stash-server/owner.ts";
import { type Account, seedAccount } from "../stash-server/seed.ts";
import { type StashServer, startStashServer } from "../stash-server/server.ts";

// The stand-in's log would search every line for every mask. With 10,000 variables, nothing else would be measured.
export const noLog: Log = {
  write: () => {},
  lines: [],
  raw: [],
  annotations: [],
  masks: [],
  commands: { state: [], outputs: [], refused: 0 },
  mask: (line) => line,
};

/** A server with one account, and steps of the action that pull from it. */
export interface BenchAccount {
  server: StashServer;
  account: Account;
  grantKey: string;
  /** requests so far, each as `METHOD path` */
  requests: string[];
  newStep(environment?: Record<string, string>): ActionStep;
}

export async function startAccount(
  folder: string,
  count: number,
  valueBytes: number,
  keys: { ownerKeys: KeyPair; grantKeys: KeyPair },
): Promise<BenchAccount> {
  const requests: string[] = [];
  const server = await startStashServer({
    requestsPerMinute: 1_000_000,
    intercept: async (request) => {
      requests.push(`${request.method} ${new URL(request.url).pathname}`);
      return undefined;
    },
  });
  const variables = Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `NAME_${index}`,
      `value ${index} `.padEnd(valueBytes, "abcdefghij"),
    ]),
  );
  const account = seedAccount(server.store, { environment: "ci", type: "testing", variables, ...keys });
  const grantKey = `${account.grantKeyId}:${keys.grantKeys.privateKey}`;
  const inputs = {
    "api-url": server.url,
    "api-token": account.apiToken,
    "application-id": account.applicationId,
    environment: account.environment,
    "grant-key": grantKey,
  };
  return {
    server,
    account,
    grantKey,
    requests,
    newStep: (environment) =>
      startJob(mkdtempSync(join(folder, "job-")), { log: noLog }).uses(inputs, environment),
  };
}
