import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { actionRoot } from "../runner/job.ts";

const program = join(actionRoot, "node_modules/gitlab-ci-local/dist/index.js");

/** A GitLab project with this component in it, committed, as gitlab-ci-local wants it. */
export function makeProject(directory: string, pipeline: string): void {
  mkdirSync(directory, { recursive: true });
  cpSync(join(actionRoot, "templates"), join(directory, "templates"), { recursive: true });
  writeFileSync(join(directory, ".gitlab-ci.yml"), pipeline);
  const git = (...args: string[]) =>
    spawnSync("git", ["-c", "user.name=test", "-c", "user.email=test@example.test", ...args], {
      cwd: directory,
    });
  git("init", "-q");
  git("remote", "add", "origin", "git@gitlab.example.test:group/project.git");
  git("add", "-A");
  git("commit", "-q", "-m", "a project");
}

/** Runs jobs on the shell executor. Its schema check is GitLab's own schema. */
export async function runPipeline(
  directory: string,
  jobs: readonly string[],
  environment: Record<string, string>,
): Promise<{ code: number; log: string }> {
  // --cwd is taken relative to the working directory alone.
  const args = [
    "--cwd",
    basename(directory),
    "--home",
    dirname(directory),
    "--shell-executor-no-image",
    ...jobs,
  ];
  const child = spawn(process.execPath, [program, ...args], {
    cwd: dirname(directory),
    env: { PATH: process.env.PATH ?? "", HOME: dirname(directory), ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  const code = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => resolve(status ?? 1));
  });
  return { code, log: Buffer.concat(chunks).toString() };
}
