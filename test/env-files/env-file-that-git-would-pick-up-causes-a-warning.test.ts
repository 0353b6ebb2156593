import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Session, startSession } from "../support/session.ts";

const warning = /^git would pick up the env file .*\.env, because it is tracked or not ignored\. /;

test("one that is not ignored is warned of", async () => {
  expect(await warnings(() => {})).toEqual([expect.stringMatching(warning)]);
});

test("so is one that is ignored and tracked", async () => {
  const found = await warnings((git, folder) => {
    writeFileSync(join(folder, ".env"), "A=1\n");
    git("add", "-f", ".env");
    writeFileSync(join(folder, ".gitignore"), ".env\n");
  });
  expect(found).toEqual([expect.stringMatching(warning)]);
});

test("one that is ignored is not", async () => {
  expect(await warnings((_, folder) => writeFileSync(join(folder, ".gitignore"), ".env\n"))).toEqual([]);
});

test("nor one outside of any work tree, nor where there is no git", async () => {
  const session = await startSession();
  expect(await session.step({ "env-file": ".env" }).main()).toBe(0);
  expect(await session.step({ "env-file": ".env" }, { PATH: "/nowhere" }).main()).toBe(0);
  expect(session.job.log.annotations).toEqual([]);
});

async function warnings(
  prepare: (git: (...args: string[]) => void, folder: string) => void,
): Promise<string[]> {
  const session: Session = await startSession();
  const { workspace, log } = session.job;
  const git = (...args: string[]) => void spawnSync("git", args, { cwd: workspace });
  git("init", "--quiet");
  prepare(git, workspace);
  const step = session.step({ "env-file": ".env" });
  expect(await step.main()).toBe(0);
  expect(await step.post()).toBe(0);
  return log.annotations.map(({ message }) => message);
}
