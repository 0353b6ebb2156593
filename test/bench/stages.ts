import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type ActionStep, actionRoot } from "../runner/job.ts";
import type { BenchAccount } from "./account.ts";
import type { Claim } from "./report.ts";
import { mean, median, quantile, takeTurns } from "./timing.ts";

// What a job pays, compared with what it cannot do without (bare Node, and one RSA-4096 key), and with the flow that the service documents.

const CHECKOUT_MS = 2000;
const generateKey = `require("crypto").generateKeyPair("rsa", { modulusLength: 4096, publicKeyEncoding: { type: "spki", format: "pem" }, privateKeyEncoding: { type: "pkcs8", format: "pem" } }, () => {})`;
const officialFlow = join(import.meta.dirname, "official-flow.ts");

export const stageNames = {
  node: "bare Node (node -e 0)",
  key: "one RSA-4096 key in a process of its own",
  official: "the documented flow by hand, imitated",
  main: "main without pre",
  post: "post, with revocation",
  pre: "pre",
  mainAfterPre: "main after pre and a checkout of two seconds",
  startUp: "start-up of the command line (--version)",
};

export async function benchStages(
  folder: string,
  bench: BenchAccount,
  rounds: number,
): Promise<{ times: Map<string, number[]>; claims: Claim[] }> {
  let step: ActionStep;
  let ahead: ActionStep;
  let directory: string;
  const sessions: number[] = [];
  const times = await takeTurns(
    [
      { name: stageNames.node, run: () => node(["-e", "0"]) },
      { name: stageNames.key, run: () => node(["-e", generateKey]) },
      {
        name: stageNames.official,
        before: () => {
          directory = join(mkdtempSync(join(folder, "official-")), "key");
        },
        run: async () => {
          await official(bench, ["key-init", directory]);
          await official(bench, ["pull", directory]);
        },
      },
      {
        name: stageNames.main,
        before: () => {
          step = bench.newStep();
          bench.requests.length = 0;
        },
        run: () => step.main(),
      },
      {
        name: stageNames.post,
        before: () => sessions.push(bench.requests.length),
        run: () => step.post(),
      },
      {
        name: stageNames.pre,
        before: () => {
          ahead = bench.newStep();
        },
        run: () => ahead.pre(),
      },
      {
        name: stageNames.mainAfterPre,
        before: () => sleep(CHECKOUT_MS),
        run: () => ahead.main(),
      },
      {
        name: stageNames.startUp,
        run: () => node([join(actionRoot, "dist/index.js"), "--version"]),
      },
    ],
    rounds,
  );
  return { times, claims: [...claimsOf(times), ...countedClaims(sessions)] };
}

function claimsOf(times: ReadonlyMap<string, number[]>): Claim[] {
  const of = (name: string) => times.get(name) ?? [];
  const bare = median(of(stageNames.node));
  const key = of(stageNames.key);
  const flow = mean(of(stageNames.official)); // means, because how long a key takes is a matter of luck
  const perBare = (what: string, name: string, target: number): Claim => ({
    what,
    measured: median(of(name)) / bare,
    target,
    unit: "times bare Node",
  });
  return [
    perBare("main after pre, 100 variables", stageNames.mainAfterPre, 5),
    {
      what: "main without pre, against generating one key by itself (means)",
      measured: mean(of(stageNames.main)) / mean(key),
      target: 1.2,
      unit: "of its time",
    },
    {
      what: "main without pre, against generating one key by itself (p90)",
      measured: quantile(of(stageNames.main), 0.9) / quantile(key, 0.9),
      target: 1.1,
      unit: "of its time",
    },
    {
      what: "main without pre, against the documented flow (means)",
      measured: mean(of(stageNames.main)) / flow,
      target: 0.8,
      unit: "of its time",
    },
    {
      what: "main after pre, against the documented flow (means)",
      measured: mean(of(stageNames.mainAfterPre)) / flow,
      target: 0.22,
      unit: "of its time",
    },
    perBare("pre", stageNames.pre, 2),
    perBare("post, with revocation", stageNames.post, 3),
    perBare("start-up of the command line", stageNames.startUp, 2),
  ];
}

function countedClaims(sessions: readonly number[]): Claim[] {
  const dist = join(actionRoot, "dist");
  const actionFiles = readdirSync(dist).filter((file) => !file.startsWith("broker")); // no stage loads broker.js
  const bytes = actionFiles.reduce((sum, file) => sum + statSync(join(dist, file)).size, 0);
  return [
    {
      what: "requests in a session, with a grant key and its id",
      measured: Math.max(...sessions),
      target: 4,
      unit: "requests",
    },
    { what: "size of dist/, without the broker", measured: bytes / 1000, target: 600, unit: "kB" },
  ];
}

function node(args: readonly string[]): void {
  spawnSync(process.execPath, args, { stdio: "ignore" });
}

/** Synchronously would stop the server, which is in this process. */
async function official({ server, account, grantKey }: BenchAccount, args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [officialFlow, ...args], {
    stdio: ["ignore", "ignore", "inherit"],
    env: {
      API_URL: server.url,
      API_TOKEN: account.apiToken,
      APPLICATION: account.applicationId,
      ENVIRONMENT: account.environment,
      GRANT_KEY: grantKey,
    },
  });
  const code = await new Promise((done) => child.once("close", done));
  if (code !== 0) throw new Error(`the imitated flow ended with ${code}`);
}
