import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isInstalled } from "../property/dotenv-readers.ts";
import { type CliSession, startCliSession } from "../support/cli.ts";

const shells = ["bash", "dash", "busybox sh", "ksh", "mksh", "zsh"].filter((shell) =>
  isInstalled(...(shell.split(" ") as [string]), "-c", ":"),
);

/** Runs a script in which `CI` stands for the command. It cannot ask the service, which is in this process: it waits for the script. */
function runScript(session: CliSession, shell: string, script: string) {
  const [file = "", ...args] = shell.split(" ");
  const command = `"${process.execPath}" "${join(session.root, "dist/index.js")}"`;
  const env = { PATH: process.env.PATH ?? "", TMPDIR: session.job.temp };
  const { status, stdout } = spawnSync(file, [...args, "-c", script.replaceAll("CI", command)], {
    env,
    encoding: "utf8",
  });
  return { shell, status, stdout };
}

test.each([
  ["no token", "pull --format shell"],
  ["a flag that does not exist", "pull --format=shell --environmet x"],
  ["inputs that are wrong", "pull --format shell --ttl 1"],
])("%s: set -e stops the script", async (_, args) => {
  const session = await startCliSession();
  const script = `set -e; eval "$(CI ${args})"; echo went on`;
  for (const shell of shells)
    expect(runScript(session, shell, script)).toEqual({ shell, status: 1, stdout: "" });
});

test("the documented form stops without set -e, too", async () => {
  const session = await startCliSession();
  const script = 'vars=$(CI pull --format shell) && eval "$vars" || exit 7; echo went on';
  for (const shell of shells)
    expect(runScript(session, shell, script)).toEqual({ shell, status: 7, stdout: "" });
});

test("a pull that succeeds, or is skipped, does not fail", async () => {
  const session = await startCliSession({ variables: { A: "value a" } });
  const { code, stdout } = await session.run(["pull", "--format", "shell"]);
  expect(code).toBe(0);
  expect(stdout).not.toContain("false");
  const skipped = { SECRET_STASH_API_TOKEN: "", SECRET_STASH_ON_MISSING_CREDENTIALS: "skip" };
  expect((await session.run(["pull", "--format", "shell"], { environment: skipped })).stdout).toBe("");
});

test("negative control: of a file to source, nothing is printed after a failure", async () => {
  const session = await startCliSession();
  const { code, stdout } = await session.run(["pull", "--ttl", "1"]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
});
