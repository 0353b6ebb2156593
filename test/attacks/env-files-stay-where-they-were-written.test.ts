import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startCliSession } from "../support/cli.ts";
import { failingMain, startSession } from "../support/session.ts";

// Attack 16: a link leads an env file out of the workspace, or another folder takes the place of its own before post.

function makeProject(): string {
  const folder = mkdtempSync(join(tmpdir(), "other-project-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, ".env"), "OTHER=1\n");
  return folder;
}

test("an absolute path in the workspace that a link leads out of it is refused", async () => {
  const session = await startSession();
  const other = makeProject();
  symlinkSync(other, join(session.job.workspace, "sub"));
  const path = join(session.job.workspace, "sub/.env");
  expect(await failingMain(session, { "env-file": path })).toMatch(
    /a link leads out of the workspace there\..*\[ENV_FILE_REFUSED\]\n/,
  );
  expect(readFileSync(join(other, ".env"), "utf8")).toBe("OTHER=1\n");
});

test("control: an absolute path outside of the workspace, and links within it, are allowed", async () => {
  const session = await startSession();
  const other = makeProject();
  mkdirSync(join(session.job.workspace, "real"));
  symlinkSync("real", join(session.job.workspace, "sub"));
  for (const path of [join(other, ".env"), join(session.job.workspace, "sub/.env"), "sub/.env"]) {
    const step = session.step({ "env-file": path });
    expect(await step.main(), path).toBe(0);
    expect(await step.post()).toBe(0);
  }
  expect(readFileSync(join(other, ".env"), "utf8")).toBe("OTHER=1\n");
});

test.each([
  ["another folder", (from: string, to: string) => renameSync(from, to)],
  ["a link to another folder", (from: string, to: string) => symlinkSync(from, to)],
])("with %s in the place of its own, post touches nothing there, and says so", async (_, put) => {
  const session = await startSession();
  const folder = join(session.job.workspace, "app");
  mkdirSync(folder);
  const step = session.step({ "env-file": "app/.env" });
  expect(await step.main()).toBe(0);
  renameSync(folder, `${folder}.moved`);
  const other = makeProject();
  put(other, folder);
  expect(await step.post()).toBe(0);
  expect(readFileSync(join(folder, ".env"), "utf8")).toBe("OTHER=1\n");
  expect(session.job.log.annotations.at(-1)?.message).toMatch(
    /the folder of the env file .*app\/\.env is no longer the one that it was written to, so nothing was touched there/,
  );
  expect(session.leftInTemp()).toEqual([]);
});

test("without a token, clean-up keeps the only copy of what was there before, and nothing else", async () => {
  const { run, job, left } = await startCliSession();
  const path = join(job.workspace, ".env");
  writeFileSync(path, "MINE=1\n");
  expect((await run(["pull", "--write-env-file", ".env:json"])).code).toBe(0);
  const [session = ""] = left();
  const directory = join(job.temp, "tmp", session);
  const environment = { SECRET_STASH_API_TOKEN: "" };
  const { code, stderr } = await run(["clean-up", "--session-dir", directory], { environment });
  expect(code).toBe(0);
  const backup = /Its earlier content is in (\S+)\.$/m.exec(stderr)?.[1] ?? "";
  expect(readFileSync(backup, "utf8")).toBe("MINE=1\n");
  expect(readdirSync(directory, { recursive: true })).toHaveLength(2); // the folder and the backup
});

test("a kept file whose folder was rebuilt is nothing to warn of, nor to fail for", async () => {
  const session = await startSession();
  const step = session.step({ "env-file": "dist/.env", "keep-env-file": "true", "leak-check": "fail" });
  mkdirSync(join(session.job.workspace, "dist"));
  expect(await step.main()).toBe(0);
  await session.job.run("rm -rf dist; mkdir dist");
  expect(await step.post()).toBe(0);
  expect(session.job.log.annotations).toEqual([]);
});

test("a backup that a step replaced is not put back", async () => {
  const session = await startSession();
  const path = join(session.job.workspace, ".env");
  writeFileSync(path, "MINE=1\n");
  const step = session.step({ "env-file": ".env" });
  expect(await step.main()).toBe(0);
  await session.job.run('cat .env > "$SECRET_STASH_KEY_DIR/env-file-1.backup"');
  expect(await step.post()).toBe(0);
  expect(existsSync(path)).toBe(false);
  expect(session.job.log.annotations.at(-1)?.message).toContain("Its earlier content is lost");
});

test("a folder that is gone, with the file in it, is nothing to warn of", async () => {
  const session = await startSession();
  mkdirSync(join(session.job.workspace, "build"));
  const step = session.step({ "env-file": "build/.env" });
  expect(await step.main()).toBe(0);
  rmSync(join(session.job.workspace, "build"), { recursive: true });
  expect(await step.post()).toBe(0);
  expect(session.job.log.annotations).toEqual([]);
  expect(existsSync(join(session.job.workspace, "build"))).toBe(false);
});
