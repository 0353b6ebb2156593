import { spawnSync } from "node:child_process";
import { mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startCliSession } from "../support/cli.ts";
import { failingMain, startSession } from "../support/session.ts";

// Attack 15: a pipe that nobody writes to hangs whoever opens it, past any timeout and signal.

const fifo = (path: string) => {
  rmSync(path, { force: true });
  spawnSync("mkfifo", [path]);
};

test("device.json and session.json of a leftover", async () => {
  const session = await startSession();
  const planted = join(session.job.temp, "secret-stash-tmp-00000000000000cc");
  mkdirSync(planted, { mode: 0o700 });
  for (const name of ["device.json", "session.json", "env-files.json"]) fifo(join(planted, name));
  const then = new Date(Date.now() - 3 * 60 * 60_000);
  utimesSync(planted, then, then);
  const step = session.step();
  expect(await step.main()).toBe(0);
  expect(await step.post()).toBe(0);
  expect(session.leftInTemp()).toEqual([]);
});

test.each(["secrets.jsonl", "session.json", "device.json"])("%s of the session, in post", async (name) => {
  const session = await startSession();
  const step = session.step({ "leak-check": "fail" });
  expect(await step.main()).toBe(0);
  fifo(join(step.outputs.get("key-dir") ?? "", name));
  expect(await step.post()).toBe(name === "secrets.jsonl" ? 1 : 0); // What could not be searched fails the job.
  expect(session.leftInTemp()).toEqual([]);
  expect(session.server.store.listKeys()).toHaveLength(2);
});

test("a file with the prepared key, an env file, and a backup", async () => {
  const session = await startSession();
  const env = join(session.job.workspace, ".env");
  fifo(env);
  expect(await failingMain(session, { "env-file": ".env" })).toContain("it exists and is not a file");
  rmSync(env);
  writeFileSync(env, "MINE=1\n");
  const step = session.step({ "env-file": ".env" });
  expect(await step.main()).toBe(0);
  fifo(join(step.outputs.get("key-dir") ?? "", "env-file-1.backup"));
  expect(await step.post()).toBe(0);
  expect(session.job.log.annotations.at(-1)?.message).toContain("Its earlier content is lost");
  expect(session.leftInTemp()).toEqual([]);
});

test("a link in the place of kept values is not followed", async () => {
  const session = await startSession();
  const step = session.step({ "leak-check": "fail" });
  expect(await step.main()).toBe(0);
  const file = join(step.outputs.get("key-dir") ?? "", "secrets.jsonl");
  const moved = join(session.job.workspace, "moved");
  renameSync(file, moved);
  symlinkSync(moved, file);
  expect(await step.post()).toBe(1);
  expect(session.job.log.annotations.at(-1)?.message).toContain("The leak check could not run");
});

test("inputs that name paths: grant-key and ca-file", async () => {
  const [session, another] = [await startSession(), await startSession()];
  for (const { job } of [session, another]) fifo(join(job.workspace, "pipe"));
  expect(await failingMain(session, { "grant-key": "pipe" })).toMatch(
    /\(NOT_A_FILE\).*\[GRANT_KEY_UNREADABLE\]\n/,
  );
  expect(await failingMain(another, { "api-url": "https://stash.test", "ca-file": "pipe" })).toMatch(
    /\(NOT_A_FILE\).*\[CA_FILE_UNREADABLE\]\n/,
  );
});

test("the command line: undo.json, a values file, and a file that is too large", async () => {
  const session = await startCliSession();
  expect((await session.run(["pull"])).code).toBe(0);
  const [left = ""] = session.left();
  fifo(join(session.job.temp, "tmp", left, "undo.json"));
  const environment = { SECRET_STASH_SESSION_DIR: join(session.job.temp, "tmp", left) };
  expect((await session.run(["clean-up"], { environment })).code).toBe(0);
  expect(session.left()).toEqual([]);
  fifo(join(session.job.workspace, "values"));
  const masked = await session.run(["mask", "--values-file", "values"], { input: "x" });
  expect(masked.stderr).toMatch(/cannot be read \(NOT_A_FILE\)/);
  writeFileSync(join(session.job.workspace, "large"), Buffer.alloc(2 * 1024 * 1024, 65));
  const large = await session.run(["pull", "--api-token-file", "large"]);
  expect(large.stderr).toMatch(/--api-token-file cannot be read \(TOO_LARGE\)/);
});

test("control: a pipe that a shell made for a token is read", async () => {
  const { run, inputs, job } = await startCliSession();
  const pipe = join(job.workspace, "token");
  fifo(pipe);
  const { spawn } = await import("node:child_process");
  const writer = spawn("sh", ["-c", 'sleep 0.2; printf %s "$TOKEN" >token'], {
    cwd: job.workspace,
    env: { PATH: process.env.PATH ?? "", TOKEN: inputs["api-token"] },
  });
  const { code, stderr } = await run(["pull", "--api-token-file", "token"], {
    environment: { SECRET_STASH_API_TOKEN: "" },
  });
  expect({ code, stderr }).toMatchObject({ code: 0 });
  writer.kill();
});
