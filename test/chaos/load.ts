import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Job, startJob } from "../runner/job.ts";
import type { KeyPair } from "../stash-server/owner.ts";
import { seedAccount } from "../stash-server/seed.ts";
import { startStashServer } from "../stash-server/server.ts";

export interface Load {
  sessions: number;
  succeeded: number;
  /** requests that the service accepted, and those that it rejected because of its limit */
  taken: number;
  turnedAway: number;
  /** keys that were registered: one for each session */
  registered: number;
  leftOver: string[];
}

/**
 * Many sessions with one token on a service that takes 60 requests a window.
 *
 * @param lanes how many run at a time
 */
export async function runSessions(
  keys: { ownerKeys: KeyPair; grantKeys: KeyPair },
  sessions: number,
  lanes: number,
  windowMs: number,
): Promise<Load> {
  const load: Load = { sessions, succeeded: 0, taken: 0, turnedAway: 0, registered: 0, leftOver: [] };
  const server = await startStashServer({
    requestsPerMinute: 60,
    windowMs,
    observe: (_, { status }) => {
      load[status === 429 ? "turnedAway" : "taken"] += 1;
    },
  });
  const account = seedAccount(server.store, {
    environment: "ci",
    type: "testing",
    variables: { A: "a-secret-value" },
    ...keys,
  });
  const folder = mkdtempSync(join(tmpdir(), "load-"));
  const inputs = {
    "api-url": server.url,
    "api-token": account.apiToken,
    "application-id": account.applicationId,
    environment: "ci",
    "grant-key": `${account.grantKeyId}:${keys.grantKeys.privateKey}`,
    revoke: "false", // The limit is about the pulls; the server forgets its keys below.
  };
  let next = 0;
  const lane = async () => {
    while (next < sessions) {
      next += 1;
      const job: Job = startJob(join(folder, String(next)));
      const step = job.uses(inputs);
      if ((await step.main()) === 0 && job.environment.get("A") === "a-secret-value") load.succeeded += 1;
      else load.leftOver.push(...job.log.annotations.map(({ message }) => message));
      await step.post();
      load.leftOver.push(...readdirSync(job.temp));
      rmSync(join(job.temp, ".."), { recursive: true, force: true });
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  load.registered = server.store.listKeys().length - 2;
  await server.close();
  rmSync(folder, { recursive: true, force: true });
  return load;
}
