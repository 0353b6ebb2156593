import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { actionRoot } from "../runner/job.ts";
import { startCliSession } from "../support/cli.ts";
import { startSession } from "../support/session.ts";

const isRaced = availableParallelism() > 1 && existsSync("/proc/self/environ");
const race = test.skipIf(!isRaced);
const why = isRaced ? "" : " (needs two processors and /proc)";

// The tracking id is the runner's, and here what a job's processes are found by.

race(`the other is ended with it${why}`, async () => {
  const session = await startSession();
  const id = `github_${session.account.apiToken.slice(-12)}`;
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, processesOf(id).length);
  }, 5);
  expect(await session.step({}, { RUNNER_TRACKING_ID: id }).main()).toBe(0);
  clearInterval(watch);
  expect(most).toBe(3); // control: main, and two that make a key
  await ended(id, 200);
});

race(`a cancelled job does not wait for either${why}`, async () => {
  const session = await startSession();
  const id = `github_${session.account.apiToken.slice(-12)}`;
  const code = await session.step({}, { RUNNER_TRACKING_ID: id }).main(async (child) => {
    while (processesOf(id).length < 3) await sleep(1);
    child.kill("SIGTERM");
  });
  expect(code).not.toBe(0);
  await ended(id, 200);
  expect(session.leftInTemp()).toEqual([]);
  expect(session.requests.filter(({ method }) => method === "POST")).toEqual([]);
});

race(`who is killed leaves none that goes on for long${why}`, async () => {
  const session = await startSession();
  const id = `github_${session.account.apiToken.slice(-12)}`;
  const code = await session.step({}, { RUNNER_TRACKING_ID: id }).main(async (child) => {
    while (processesOf(id).length < 3) await sleep(1);
    child.kill("SIGKILL");
  });
  expect(code).not.toBe(0);
  await ended(id, 10_000);
  expect(session.leftInTemp()).toEqual([]);
});

test("where no process can be had for it, the key is made in this one", async () => {
  const session = await startCliSession();
  const bundle = join(session.job.workspace, "bundle");
  cpSync(join(actionRoot, "dist"), bundle, { recursive: true });
  rmSync(join(bundle, "generate-key.js"));
  const { code, stdout } = await session.run(["exec", "--", "printenv", "API_KEY"], { bundle });
  expect({ code, stdout }).toEqual({ code: 0, stdout: "***\n" });
  expect(session.left()).toEqual([]);
});

race(`those that make it are told nothing of the job${why}`, async () => {
  const session = await startSession();
  const id = `github_${session.account.apiToken.slice(-12)}`;
  const seen: string[] = [];
  await session.step({}, { RUNNER_TRACKING_ID: id }).main(async (child) => {
    // Between fork(2) and execve(2) a process still shows what its parent has.
    const contenders = () =>
      processesOf(id).filter((pid) => read(`/proc/${pid}/cmdline`).includes("generate-key.js"));
    while (contenders().length < 2) await sleep(1);
    for (const pid of contenders()) {
      for (const file of ["environ", "cmdline"]) seen.push(read(`/proc/${pid}/${file}`));
    }
    expect(child.exitCode).toBeNull();
  });
  expect(seen).toHaveLength(4);
  for (const text of seen) expect(/^RUNNER_TRACKING_ID=[\w-]+\0$|generate-key\.js\0$/.test(text)).toBe(true);
});

async function ended(trackingId: string, withinMs: number): Promise<void> {
  const until = performance.now() + withinMs;
  while (processesOf(trackingId).length > 0 && performance.now() < until) await sleep(5);
  expect(processesOf(trackingId)).toEqual([]);
}

function processesOf(trackingId: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => read(`/proc/${pid}/environ`).includes(`RUNNER_TRACKING_ID=${trackingId}\0`))
    .filter((pid) => !/^\d+ \(.*\) Z/.test(read(`/proc/${pid}/stat`)))
    .map(Number);
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // gone, or of another user
  }
}
