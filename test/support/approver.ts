import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { inject } from "vitest";
import type { Job } from "../runner/job.ts";
import { writeKeyDirectory } from "../stash-server/owner.ts";
import { type CliResult, type CliSession, type RunOptions, startCliSession } from "./cli.ts";
import type { SessionOptions } from "./session.ts";

/** Jobs without a grant key, and a person with access on her own machine. */
export interface ApprovalSession extends CliSession {
  /** `secret-stash-ci approve` by Alice, with her own token and the owner's key */
  approve(args: readonly string[], options?: RunOptions): Promise<CliResult>;
}

export async function startApprovalSession(options: SessionOptions = {}): Promise<ApprovalSession> {
  const session = await startCliSession({ grant: false, ...options });
  const { server, account, job } = session;
  server.store.addToken("sst_alice", "Alice");
  const keyDirectory = join(job.workspace, "alice");
  writeKeyDirectory(keyDirectory, account.ownerKeyId, "Alice's laptop", inject("keys").ownerKeys);
  return {
    ...session,
    approve: (args, { environment = {}, ...rest } = {}) =>
      session.run(["approve", ...args], {
        environment: {
          SECRET_STASH_API_TOKEN: "sst_alice",
          SECRET_STASH_KEY_DIR: keyDirectory,
          ...environment,
        },
        ...rest,
      }),
  };
}

/** Waits until a job's log shows the fingerprint of its waiting key, after this many others. */
export async function waitingFingerprint({ log }: Job, nth = 1): Promise<string> {
  for (let tries = 0; tries < 1200; tries += 1) {
    const shown = log.lines.flatMap((line) => /^ {2}fingerprint {2}([0-9a-f ]+)$/.exec(line)?.[1] ?? []);
    const found = shown[nth - 1];
    if (found !== undefined) return found;
    await sleep(50);
  }
  throw new Error(`no job waits:\n${log.lines.join("\n")}`);
}
