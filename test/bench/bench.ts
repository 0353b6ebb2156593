import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { type ActionStep, type Job, startJob } from "../runner/job.ts";
import { generateKeys } from "../stash-server/owner.ts";
import { seedAccount } from "../stash-server/seed.ts";
import { startStashServer } from "../stash-server/server.ts";
import { benchLeakCheck } from "./leak-check.ts";
import { benchRedactor } from "./redactor.ts";
import { median } from "./timing.ts";

// What a job pays, against what it could not do without: bare Node, and one RSA-4096 key. The rows take turns, so that a busy
// machine slows all of them; the figures to compare are the ratios.

const { values: flags } = parseArgs({ options: { quick: { type: "boolean", default: false } } });
const rounds = flags.quick ? 5 : 20;

const CHECKOUT_MS = 2000;
const generateKey = `require("crypto").generateKeyPair("rsa", { modulusLength: 4096 }, () => {})`;
const node = (script: string) => void spawnSync(process.execPath, ["-e", script]);

const folder = mkdtempSync(join(tmpdir(), "bench-"));
const server = await startStashServer({ requestsPerMinute: 1_000_000 });
try {
  const [ownerKeys, grantKeys] = await Promise.all([generateKeys(), generateKeys()]);
  const names = Array.from({ length: 100 }, (_, index) => `NAME_${index}`);
  const variables = Object.fromEntries(
    names.map((name) => [name, `value of ${name}, forty characters or so`]),
  );
  const seed = { environment: "ci", type: "testing", variables, ownerKeys };
  const account = seedAccount(server.store, { ...seed, grantKeys });
  const inputs = {
    "api-url": server.url,
    "api-token": account.apiToken,
    "application-id": account.applicationId,
    environment: account.environment,
    "grant-key": `${account.grantKeyId}:${grantKeys.privateKey}`,
  };
  let job: Job;
  let step: ActionStep;
  const rows: Row[] = [
    { name: "node -e 0", run: () => node("0") },
    { name: "one RSA-4096 key in a process of its own", run: () => node(generateKey) },
    {
      name: "main, 100 variables",
      before: () => {
        job = startJob(mkdtempSync(join(folder, "job-")));
        step = job.uses(inputs);
      },
      run: () => step.main(),
    },
    { name: "post, with revocation", run: () => step.post() },
    {
      name: "pre",
      before: () => {
        job = startJob(mkdtempSync(join(folder, "job-")));
        step = job.uses(inputs);
      },
      run: () => step.pre(),
    },
    {
      name: "main, after pre and a checkout of two seconds",
      before: () => sleep(CHECKOUT_MS),
      run: () => step.main(),
    },
  ];
  print(await measure(rows));
  benchLeakCheck(folder, rounds);
  benchRedactor(folder, flags.quick ? 3 : 10, 200);
} finally {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
}

interface Row {
  name: string;
  before?: () => unknown;
  run: () => unknown;
}

/** Milliseconds of each row, the rows taking turns, after one round that does not count. */
async function measure(rows: readonly Row[]): Promise<Map<string, number[]>> {
  const times = new Map<string, number[]>(rows.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const { name, before, run } of rows) {
      await before?.();
      const start = performance.now();
      await run();
      if (round > 0) times.get(name)?.push(performance.now() - start);
    }
  }
  return times;
}

function print(times: ReadonlyMap<string, number[]>): void {
  const [bare = 1] = [...times.values()].map(median);
  const line = (cells: readonly string[]) => console.log(`| ${cells.join(" | ")} |`);
  line(["what", "median ms", "min", "max", "times node -e 0"]);
  line(["---", "---", "---", "---", "---"]);
  for (const [name, values] of times) {
    const figures = [median(values), Math.min(...values), Math.max(...values)].map((value) =>
      value.toFixed(0),
    );
    line([name, ...figures, (median(values) / bare).toFixed(1)]);
  }
}
