import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startSession } from "../support/session.ts";

// Attack 1: a folder of the repository that looks like a bare repository, in which git fetches what is missing, and runs a program for that.

const hasGit = spawnSync("git", ["--version"]).status === 0;

test.skipIf(!hasGit)("a bare repository in a folder of the workspace is not asked", async () => {
  const session = await startSession();
  const { workspace } = session.job;
  const pwned = join(workspace, "pwned");
  plantRepository(workspace, `env >${pwned}; false`);
  // Control: git itself runs the program.
  spawnSync("git", ["-C", join(workspace, "api"), "check-ignore", "-q", ".env"]);
  expect(existsSync(pwned)).toBe(true);
  spawnSync("rm", [pwned]);

  const step = session.step({ "env-file": "api/.env" });
  expect(await step.main()).toBe(0);
  expect(existsSync(pwned)).toBe(false);
  expect(session.job.log.annotations.map(({ message }) => message)).toEqual([
    expect.stringContaining("git would pick up the env file"), // The outer repository says so.
  ]);
  await step.post();
});

test.skipIf(!hasGit)("a program of the workspace named git is not started", async () => {
  const session = await startSession();
  const { workspace } = session.job;
  spawnSync("git", ["init", "-q", workspace]);
  const pwned = join(workspace, "pwned");
  writeFileSync(join(workspace, "git"), `#!/bin/sh\ntouch ${pwned}\n`);
  chmodSync(join(workspace, "git"), 0o755);
  const PATH = `${workspace}:.:${process.env.PATH}`;
  expect(await session.step({ "env-file": ".env" }, { PATH }).main()).toBe(0);
  expect(existsSync(pwned)).toBe(false);
});

function plantRepository(workspace: string, program: string): void {
  const folder = join(workspace, "api");
  const git = (...args: string[]) => spawnSync("git", args, { cwd: folder });
  spawnSync("git", ["init", "-q", workspace]);
  mkdirSync(folder);
  git("init", "-q", "--bare", ".");
  const config = [
    "[core]",
    ...["repositoryformatversion = 1", "bare = false", "worktree = ."],
    "[extensions]",
    "partialClone = origin",
    '[remote "origin"]',
    ...["url = .", "promisor = true", `uploadpack = "${program}"`],
  ];
  writeFileSync(join(folder, "config"), `${config.join("\n")}\n`);
  const own = ["--git-dir=.", "--work-tree=."];
  git(...own, "update-index", "--add", "--cacheinfo", `100644,${"12".repeat(20)},.gitignore`);
  git(...own, "update-index", "--skip-worktree", ".gitignore");
}
