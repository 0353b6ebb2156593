import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { type ActionStep, actionRoot } from "../runner/job.ts";
import { type Session, startSession } from "../support/session.ts";

test("main claims the key, and post deletes it like any other", async () => {
  const { session, step, keyDirectory } = await prepared();
  await whenThere(join(keyDirectory, "prepared_key.pem"));
  expect(await step.main()).toBe(0);
  expect(step.outputs.get("key-dir")).toBe(keyDirectory);
  expect(readdirSync(keyDirectory).sort()).toEqual([
    "device.json",
    "device_private_key.pem",
    "secrets.jsonl",
    "session.json",
  ]);
  expect(session.job.environment.get("API_KEY")).toBe("plain-secret-value");
  expect(await step.post()).toBe(0);
  expect(session.leftInTemp()).toEqual([]);
  expect(session.server.store.listKeys()).toHaveLength(2);
});

test("main waits for a key that is nearly ready", async () => {
  const { session, step } = await prepared();
  expect(await step.main()).toBe(0); // Right away: the key is still being generated, or was just now.
  expect(session.job.environment.get("API_KEY")).toBe("plain-secret-value");
  expect(await step.post()).toBe(0);
  await emptied(session);
});

test("if its process is killed, main generates a key itself", async () => {
  const { session, step, keyDirectory, pid } = await prepared();
  process.kill(pid, "SIGKILL");
  expect(await step.main()).toBe(0);
  await step.post();
  expect(existsSync(keyDirectory)).toBe(false);
  expect(session.leftInTemp()).toEqual([]);
});

test("if it is late, main stops waiting, and post deletes the key that comes later", async () => {
  const { session, step, keyDirectory, pid } = await prepared();
  process.kill(pid, "SIGSTOP");
  onTestFinished(() => tryKill(pid));
  expect(await step.main()).toBe(0);
  const isItsOwn = step.outputs.get("key-dir") !== keyDirectory;
  process.kill(pid, "SIGCONT");
  if (isItsOwn) await whenThere(join(keyDirectory, "prepared_key.pem"));
  await step.post();
  await emptied(session);
});

test("if the step is skipped, the process deletes the key that nobody claimed", async () => {
  const session = await startSession();
  const keyDirectory = join(session.job.temp, "secret-stash-tmp-00000000000000aa");
  const child = spawn(process.execPath, [join(actionRoot, "dist/prepare-key.js"), keyDirectory, "1"], {
    env: {},
  });
  await whenThere(join(keyDirectory, "prepared_key.pem"));
  await new Promise((ended) => child.once("close", ended));
  expect(session.leftInTemp()).toEqual([]);
});

test("if the runner ends it with the job, it deletes the key", async () => {
  const { session, keyDirectory, pid } = await prepared();
  await whenThere(join(keyDirectory, "prepared_key.pem"));
  process.kill(pid, "SIGTERM");
  await emptied(session);
});

test("two steps of one job have a key each", async () => {
  const session = await startSession();
  const steps = [session.step(), session.step()];
  for (const step of steps) expect(await step.pre()).toBe(0);
  for (const step of steps) expect(await step.main()).toBe(0);
  expect(new Set(steps.map((step) => step.outputs.get("key-dir"))).size).toBe(2);
  for (const step of steps) expect(await step.post()).toBe(0);
  await emptied(session);
});

test("without a temp directory, pre is silent and main reports it", async () => {
  const session = await startSession();
  const step = session.step({}, { RUNNER_TEMP: "/nowhere" });
  expect(await step.pre()).toBe(0);
  expect(await step.main()).toBe(1);
  expect(session.job.log.annotations.map(({ message }) => message)).toEqual([
    expect.stringMatching(
      /^The temp directory \/nowhere cannot be used \(ENOENT\)\. .* \[KEY_DIRECTORY_FAILED\]\n/,
    ),
  ]);
});

test("if main fails before claiming the key, post deletes it", async () => {
  const { session, step, keyDirectory } = await prepared({ ttl: "99" });
  await whenThere(join(keyDirectory, "prepared_key.pem"));
  expect(await step.main()).toBe(1);
  expect(await step.post()).toBe(0);
  expect(session.leftInTemp()).toEqual([]);
});

test("SECRET_STASH_PREPARE=false turns it off, and without a token there is nothing to prepare", async () => {
  const session = await startSession();
  const off = session.step({}, { SECRET_STASH_PREPARE: "false" });
  const without = session.step({ "api-token": "" });
  for (const step of [off, without]) {
    expect(await step.pre()).toBe(0);
    expect(step.state.size).toBe(0);
  }
  expect(session.leftInTemp()).toEqual([]);
});

test("it gets neither the token nor the grant key, and runs at low priority", async () => {
  const { session, pid } = await prepared();
  const environment = readFileSync(`/proc/${pid}/environ`, "utf8");
  expect(environment).not.toContain(session.account.apiToken);
  expect(environment).not.toContain("PRIVATE");
  await poll(() => niceness(pid) === "10");
  expect(niceness(pid)).toBe("10");
  tryKill(pid);
});

async function prepared(
  changes: Record<string, string> = {},
): Promise<{ session: Session; step: ActionStep; keyDirectory: string; pid: number }> {
  const session = await startSession();
  mkdirSync(session.job.temp, { recursive: true });
  const step = session.step(changes);
  expect(await step.pre()).toBe(0);
  return { session, step, ...JSON.parse(step.state.get("prepared") ?? "{}") };
}

/** proc_pid_stat(5), field 19 */
function niceness(pid: number): string | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[16];
}

async function whenThere(path: string): Promise<void> {
  await poll(() => existsSync(path));
  expect(existsSync(path)).toBe(true);
}

async function emptied({ leftInTemp }: Session): Promise<void> {
  await poll(() => leftInTemp().length === 0);
  expect(leftInTemp()).toEqual([]);
}

/** Waits for something that is certain to happen. On a busy machine, a process of low priority takes its time. */
async function poll(isThere: () => boolean): Promise<void> {
  for (let tries = 0; tries < 10_000 && !isThere(); tries += 1) await sleep(25);
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended already.
  }
}
