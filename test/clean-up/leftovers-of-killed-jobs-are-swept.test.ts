import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startCliSession } from "../support/cli.ts";
import { startSession } from "../support/session.ts";

const past = "2020-01-01T00:00:00.000Z";
const future = () => new Date(Date.now() + 600_000).toISOString();
const isRoot = process.getuid?.() === 0;

test("expired ones are removed; live ones, links, files and directories of other names stay", async () => {
  const session = await startSession();
  const { temp, log } = session.job;
  makeKeyDirectory(temp, 1, { expires_at: past });
  makeKeyDirectory(temp, 2, { expires_at: future() });
  makeKeyDirectory(temp, 3); // killed a moment ago, before it knew its expiry
  age(makeKeyDirectory(temp, 4), 3); // the same, three hours ago
  makeKeyDirectory(temp, 5, { expires_at: past }, process.pid); // its job still runs
  const target = mkdtempSync(join(session.job.workspace, "target-"));
  writeFileSync(join(target, "device.json"), JSON.stringify({ expires_at: past }));
  symlinkSync(target, join(temp, name(6)));
  writeFileSync(join(temp, name(7)), "");
  mkdirSync(join(temp, "secret-stash-tmp-not-ours"));
  const kept = [2, 3, 5, 6, 7].map(name).concat("secret-stash-tmp-not-ours");

  const step = session.step();
  expect(await step.main()).toBe(0);
  await step.post();
  expect(readdirSync(temp).sort()).toEqual(kept.sort());
  expect(readdirSync(target)).toEqual(["device.json"]);
  expect(log.lines).toContain("SecretStash: removed what 2 killed jobs left.");
});

test("a process id that was reused is not a sign of life", async () => {
  const session = await startSession();
  const path = makeKeyDirectory(session.job.temp, 1, { expires_at: past }, process.pid);
  writeFileSync(join(path, "session.json"), JSON.stringify({ owners: [{ pid: process.pid, started: "1" }] }));
  await session.step().main();
  expect(existsSync(path)).toBe(false);
});

test.skipIf(!isRoot)("another user's stay (needs root)", async () => {
  const session = await startSession();
  const path = makeKeyDirectory(session.job.temp, 1, { expires_at: past });
  chownSync(path, 65534, 65534);
  await session.step().main();
  expect(existsSync(path)).toBe(true);
});

test("an env file that a killed job wrote is restored, but not a file that another job put in its place", async () => {
  for (const isTouched of [false, true]) {
    const session = await startSession();
    const path = join(session.job.workspace, ".env");
    writeFileSync(path, "MINE=1\n");
    expect(await session.step({ "env-file": ".env" }).main()).toBe(0);
    expect(readFileSync(path, "utf8")).toContain("plain-secret-value");
    if (isTouched) writeFileSync(path, "ANOTHER=2\n");
    const [left = ""] = session.leftInTemp();
    const keyDirectory = join(session.job.temp, left);
    writeFileSync(join(keyDirectory, "device.json"), JSON.stringify({ expires_at: past }));
    writeFileSync(
      join(keyDirectory, "session.json"),
      JSON.stringify({ owners: [{ pid: 2 ** 30, started: "1" }] }),
    );

    const next = session.step();
    expect(await next.main()).toBe(0);
    expect(existsSync(keyDirectory)).toBe(false);
    expect(readFileSync(path, "utf8")).toBe(isTouched ? "ANOTHER=2\n" : "MINE=1\n");
    await next.post();
  }
});

test("an env file is restored by a job whose temp directory is spelled differently", async () => {
  const session = await startSession();
  const path = join(session.job.workspace, ".env");
  writeFileSync(path, "MINE=1\n");
  const link = join(session.job.workspace, "temp-link");
  symlinkSync(session.job.temp, link);
  expect(await session.step({ "env-file": ".env" }, { RUNNER_TEMP: link }).main()).toBe(0);
  const [left = ""] = session.leftInTemp();
  const keyDirectory = join(session.job.temp, left);
  writeFileSync(join(keyDirectory, "device.json"), JSON.stringify({ expires_at: past }));
  writeFileSync(join(keyDirectory, "session.json"), JSON.stringify({ owners: [] }));
  const next = session.step();
  expect(await next.main()).toBe(0);
  expect(readFileSync(path, "utf8")).toBe("MINE=1\n");
  await next.post();
});

test("the session of a killed command is removed completely: key, variables, and the env file it wrote", async () => {
  const session = await startCliSession();
  writeFileSync(join(session.job.workspace, ".env"), "MINE=1\n");
  // Through a shell that ends, as a killed job's does, in a terminal's session that goes on; and a key that is soon in the past.
  const pull = `'${process.execPath}' dist/index.js pull --write-env-file '${session.job.workspace}/.env'; :`;
  const terminal = spawn("sh", ["-c", '(eval "$1") >&2; echo pulled; read end', "sh", pull], {
    cwd: join(import.meta.dirname, "../.."),
    env: {
      PATH: process.env.PATH ?? "",
      TMPDIR: join(session.job.temp, "tmp"),
      ...Object.fromEntries(
        Object.entries(session.inputs).map(([key, value]) => [
          `SECRET_STASH_${key.replaceAll("-", "_").toUpperCase()}`,
          value,
        ]),
      ),
    },
    detached: true, // a session of its own: the runner of these tests may be in one without a leader, as under docker exec
    stdio: ["pipe", "pipe", "ignore"],
  });
  onTestFinished(() => void terminal.kill());
  await once(terminal.stdout, "data");
  const [left = ""] = session.left();
  const directory = join(session.job.temp, "tmp", left);
  const [keyDirectory = ""] = readdirSync(directory).filter((entry) => entry.startsWith("secret-stash-tmp-"));
  const device = join(directory, keyDirectory, "device.json");
  writeFileSync(device, JSON.stringify({ ...JSON.parse(readFileSync(device, "utf8")), expires_at: past }));

  // The leader of this session is still running, but after a day that is not a sign of life.
  expect((await session.run(["exec", "--", "true"])).code).toBe(0);
  expect(session.left()).toEqual([left]);
  age(join(directory, keyDirectory), 25);
  const { code, stderr } = await session.run(["exec", "--", "true"]);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(stderr).toContain("SecretStash: removed what a killed job left.");
  expect(session.left()).toEqual([]);
  expect(readFileSync(join(session.job.workspace, ".env"), "utf8")).toBe("MINE=1\n");
});

test("an env file that was to be kept is kept by the sweep, too", async () => {
  const session = await startSession();
  expect(await session.step({ "env-file": ".env", "keep-env-file": "true" }).main()).toBe(0);
  const [left = ""] = session.leftInTemp();
  const keyDirectory = join(session.job.temp, left);
  writeFileSync(join(keyDirectory, "device.json"), JSON.stringify({ expires_at: past }));
  writeFileSync(join(keyDirectory, "session.json"), JSON.stringify({ owners: [] }));
  const next = session.step();
  await next.main();
  expect(existsSync(keyDirectory)).toBe(false);
  expect(readFileSync(join(session.job.workspace, ".env"), "utf8")).toContain("plain-secret-value");
  await next.post();
});

test("two jobs at once on one runner leave each other alone", async () => {
  const session = await startSession();
  const steps = [session.step(), session.step()];
  expect(await Promise.all(steps.map((step) => step.main()))).toEqual([0, 0]);
  expect(session.leftInTemp()).toHaveLength(2);
  expect(await Promise.all(steps.map((step) => step.post()))).toEqual([0, 0]);
  expect(session.leftInTemp()).toEqual([]);
});

function name(index: number): string {
  return `secret-stash-tmp-${String(index).padStart(16, "0")}`;
}

function makeKeyDirectory(temp: string, index: number, device?: object, pid?: number): string {
  const path = join(temp, name(index));
  mkdirSync(path, { mode: 0o700 });
  writeFileSync(join(path, "device_private_key.pem"), "key");
  if (device !== undefined) writeFileSync(join(path, "device.json"), JSON.stringify(device));
  if (pid !== undefined) {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const started = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    writeFileSync(join(path, "session.json"), JSON.stringify({ owners: [{ pid, started }] }));
  }
  return path;
}

function age(path: string, hours: number): void {
  const then = new Date(Date.now() - hours * 60 * 60_000);
  utimesSync(path, then, then);
}
