import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { failingMain, type Session, startSession } from "../support/session.ts";

const canMount = process.getuid?.() === 0 && tryMount();
const title = canMount ? "" : " (needs root and mount: a container with --privileged)";

describe.skipIf(!canMount)(`a small tmpfs${title}`, () => {
  test("a full temp directory", async () => {
    const session = await startSession();
    const full = mount(session, "size=16k");
    fill(full);
    expect(await failingMain(session, {}, { RUNNER_TEMP: full })).toMatch(
      /^The key directory .* cannot be written \(ENOSPC\)\. .* \[KEY_DIRECTORY_FAILED\]\n/,
    );
    expect(readdirSync(full)).toEqual(["filler"]);
  });

  test("a full one when pre prepares a key: main reports it, and nothing is left", async () => {
    const session = await startSession();
    const full = mount(session, "size=16k");
    fill(full);
    const step = session.step({}, { RUNNER_TEMP: full });
    expect(await step.pre()).toBe(0);
    expect(await step.main()).toBe(1);
    expect(session.job.log.annotations.map(({ message }) => message)).toEqual([
      expect.stringMatching(
        /^The key directory .* cannot be written \(ENOSPC\)\. .* \[KEY_DIRECTORY_FAILED\]\n/,
      ),
    ]);
    expect(await step.post()).toBe(0);
    expect(readdirSync(full)).toEqual(["filler"]);
  });

  test("a full one when the secrets are stored", async () => {
    const session = await startSession({ variables: { LARGE: "x".repeat(200_000) } });
    const small = mount(session, "size=64k");
    expect(await failingMain(session, { "export-env": "false" }, { RUNNER_TEMP: small })).toMatch(
      /\(ENOSPC\)\. .* \[KEY_DIRECTORY_FAILED\]\n/,
    );
    expect(readdirSync(small)).toEqual([]);
  });

  test("a read-only temp directory", async () => {
    const session = await startSession();
    const readOnly = mount(session, "ro");
    expect(await failingMain(session, {}, { RUNNER_TEMP: readOnly })).toMatch(
      /\(EROFS\)\. .* \[KEY_DIRECTORY_FAILED\]\n/,
    );
  });

  test("a workspace too full for the env file: the existing file stays", async () => {
    const session = await startSession({ variables: { LARGE: "x".repeat(30_000) } });
    const workspace = mount(session, "size=32k");
    writeFileSync(join(workspace, ".env"), "MINE=1\n");
    const message = await failingMain(session, { "env-file": join(workspace, ".env") });
    expect(message).toMatch(/\(ENOSPC\)\. .* \[ENV_FILE_FAILED\]\n/);
    expect(readdirSync(workspace)).toEqual([".env"]);
    expect(statSync(join(workspace, ".env")).size).toBe(7);
  });

  test("a workspace that fills up before post: the env file is restored, or a warning says where its content is", async () => {
    const session = await startSession();
    const workspace = mount(session, "size=32k");
    writeFileSync(join(workspace, ".env"), "MINE=1\n");
    const step = session.step({ "env-file": join(workspace, ".env") });
    expect(await step.main()).toBe(0);
    fill(workspace);
    expect(await step.post()).toBe(0);
    expect(session.job.log.annotations.at(-1)?.message).toMatch(
      /the env file .* could not be removed \(ENOSPC\)\. Its earlier content is in .*env-file-1\.backup/,
    );
  });
});

test("no temp directory", async () => {
  const session = await startSession();
  expect(await failingMain(session, {}, { RUNNER_TEMP: "/nowhere/at/all" })).toMatch(
    /^The temp directory \/nowhere\/at\/all cannot be used \(ENOENT\)\. .* \[KEY_DIRECTORY_FAILED\]\n/,
  );
});

test("a temp directory in which others could replace ours is refused; with the sticky bit it is not", async () => {
  const session = await startSession();
  const open = join(session.job.workspace, "open");
  mkdirSync(open);
  chmodSync(open, 0o777);
  expect(await failingMain(session, {}, { RUNNER_TEMP: open })).toMatch(
    /has no sticky bit.* \[KEY_DIRECTORY_FAILED\]\n/,
  );
  chmodSync(open, 0o1777);
  const step = session.step({}, { RUNNER_TEMP: open });
  expect(await step.main()).toBe(0);
  await step.post();
});

test("modes are set at creation: with umask 0 nothing is open to others while the service is asked", async () => {
  const modes: string[] = [];
  const session = await startSession({
    served: ({ method }) => {
      if (method !== "POST") return;
      for (const name of readdirSync(session.job.temp, { recursive: true, encoding: "utf8" })) {
        modes.push(`${(statSync(join(session.job.temp, name)).mode & 0o777).toString(8)}`);
      }
    },
  });
  const before = process.umask(0);
  const step = session.step({ "env-file": ".env" });
  const main = step.main();
  process.umask(before);
  expect(await main).toBe(0);
  expect(new Set(modes)).toEqual(new Set(["700", "600"]));
  expect(statSync(join(session.job.workspace, ".env")).mode & 0o777).toBe(0o600);
  await step.post();
});

function mount(session: Session, options: string): string {
  const path = join(session.job.workspace, "..", "tmpfs");
  mkdirSync(path);
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", path]);
  if (status !== 0) throw new Error("mount failed");
  onTestFinished(() => void spawnSync("umount", ["-l", path]));
  return path;
}

function fill(path: string): void {
  try {
    writeFileSync(join(path, "filler"), Buffer.alloc(1024 * 1024));
  } catch {
    // It is full, as intended.
  }
}

function tryMount(): boolean {
  const path = "/tmp/secret-stash-can-mount";
  mkdirSync(path, { recursive: true });
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", "size=4k", "tmpfs", path]);
  if (status === 0) spawnSync("umount", [path]);
  return status === 0;
}
