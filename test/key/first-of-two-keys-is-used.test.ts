import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, inject, onTestFinished, test } from "vitest";
import { actionRoot } from "../runner/job.ts";
import { startCliSession } from "../support/cli.ts";
import { copyQuickAction } from "../support/quick-action.ts";
import { startSession } from "../support/session.ts";

const isRaced = availableParallelism() > 1 && existsSync("/proc/self/environ");
const race = test.skipIf(!isRaced);
const why = isRaced ? "" : " (needs two processors and /proc)";

// The tracking id is the runner's. Here it also tells which processes belong to a job.

race(`the other is ended with it${why}`, async () => {
  const { session, folder, id } = await startRace("one");
  const code = await session.step({}, { RUNNER_TRACKING_ID: id }).main(async () => {
    while (processesOf(id).length < 3) await sleep(1); // main, and two that generate a key
    writeFileSync(join(folder, "go"), "");
  });
  expect(code).toBe(0);
  await ended(id); // It would never end by itself.
});

race(`a cancelled job does not wait for either${why}`, async () => {
  const { session, id } = await startRace("none");
  const code = await session.step({}, { RUNNER_TRACKING_ID: id }).main(async (child) => {
    while (processesOf(id).length < 3) await sleep(1);
    child.kill("SIGTERM");
  });
  expect(code).not.toBe(0);
  await ended(id);
  expect(session.leftInTemp()).toEqual([]);
  expect(session.requests.filter(({ method }) => method === "POST")).toEqual([]);
});

race(`if main is killed, none goes on for long${why}`, async () => {
  const session = await startSession({ root: actionRoot });
  const id = `github_${session.account.apiToken.slice(-12)}`;
  const code = await session.step({}, { RUNNER_TRACKING_ID: id }).main(async (child) => {
    while (processesOf(id).length < 3) await sleep(1);
    child.kill("SIGKILL");
  });
  expect(code).not.toBe(0);
  await ended(id);
  expect(session.leftInTemp()).toEqual([]);
});

test("if no process can be started, the key is generated in this one", async () => {
  const session = await startCliSession();
  const bundle = join(session.job.workspace, "bundle");
  cpSync(join(actionRoot, "dist"), bundle, { recursive: true });
  rmSync(join(bundle, "generate-key.js"));
  const { code, stdout } = await session.run(["exec", "--", "printenv", "API_KEY"], { bundle });
  expect({ code, stdout }).toEqual({ code: 0, stdout: "***\n" });
  expect(session.left()).toEqual([]);
});

race(`the processes that generate it learn nothing about the job${why}`, async () => {
  const { session, folder, id } = await startRace("one");
  const seen: string[] = [];
  const code = await session.step({}, { RUNNER_TRACKING_ID: id }).main(async () => {
    // Between fork(2) and execve(2), a process still shows the command line of its parent.
    const contenders = () =>
      processesOf(id).filter((pid) => read(`/proc/${pid}/cmdline`).includes("generate-key.js"));
    while (contenders().length < 2) await sleep(1);
    for (const pid of contenders()) {
      for (const file of ["environ", "cmdline"]) seen.push(read(`/proc/${pid}/${file}`));
    }
    writeFileSync(join(folder, "go"), ""); // Until now, neither could end.
  });
  expect(code).toBe(0);
  expect(seen).toHaveLength(4);
  for (const text of seen) {
    // Node itself hands NODE_V8_COVERAGE on to every child (lib/child_process.js, copyProcessEnvToEnv). Only .ci/run sets it.
    const told = text.replace(/NODE_V8_COVERAGE=[^\0]*\0/, "");
    expect(told).toMatch(/^RUNNER_TRACKING_ID=[\w-]+\0$|^[^\0]+\0[^\0]+generate-key\.js\0$/);
  }
});

/** An action in which a key takes as long as the test wants: `one` of the two gets its key once the file `go` is there, the other never. */
async function startRace(winners: "one" | "none") {
  const folder = mkdtempSync(join(tmpdir(), "race-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const root = copyQuickAction(folder, inject("keyPool"));
  const session = await startSession({ root });
  writeFileSync(
    join(root, "dist/generate-key.js"),
    `import { existsSync, mkdirSync } from "node:fs";
     const folder = ${JSON.stringify(folder)};
     const isFirst = (() => { try { return mkdirSync(folder + "/first") === undefined; } catch { return false; } })();
     if (!isFirst || ${winners === "none"}) await new Promise(() => setInterval(() => {}, 1000));
     while (!existsSync(folder + "/go")) await new Promise((soon) => setTimeout(soon, 5));
     await import("./generate-key-for-real.js");`,
  );
  return { session, folder, id: `github_${session.account.apiToken.slice(-12)}` };
}

async function ended(trackingId: string): Promise<void> {
  for (let tries = 0; tries < 10_000 && processesOf(trackingId).length > 0; tries += 1) await sleep(10);
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
