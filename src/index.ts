#!/usr/bin/env node
import { realpathSync } from "node:fs";
import { basename, join } from "node:path";
import { runCommandLine } from "./cli.ts";
import { describeError, StashError } from "./errors.ts";

/** The pre stage: has the key made while the job does something else. Never fails the job. */
export async function prepare(): Promise<void> {
  const story = await import(/* webpackMode: "eager" */ "./run/prepare.ts");
  const host = await gitHubHost(new AbortController().signal);
  try {
    story.prepare(host, join(import.meta.dirname, "prepare-key.js"));
  } catch (error) {
    host.warn(describeError(error).message);
  }
}

const PATIENCE_SECONDS = 600;

/** The process that pre starts: `prepare-key.js DIRECTORY [SECONDS]`. */
export async function prepareKey(): Promise<void> {
  const story = await import(/* webpackMode: "eager" */ "./run/prepare-key.ts");
  const [, , keyDirectory = "", seconds = PATIENCE_SECONDS] = process.argv;
  // Nobody reads what it says: main makes its own key when this one fails.
  await story.prepareKey(keyDirectory, Number(seconds) * 1000).catch(() => {});
  process.exit();
}

/** The main stage of the GitHub Action. */
export async function pull(): Promise<void> {
  const story = await import(/* webpackMode: "eager" */ "./run/pull.ts");
  const { cancelOnSignals } = await import(/* webpackMode: "eager" */ "./run/signals.ts");
  const host = await gitHubHost(cancelOnSignals().cancelled);
  await story.pull(host).catch(host.fail);
  // What a command of `run` left in the background may hold our pipes open. The step is over all the same, once all is written.
  await written(process.stdout);
  process.exit();
}

/** The post stage: a job is never failed for what it did after its work was done, but for a leak where it asks for that. */
export async function cleanUp(): Promise<void> {
  const story = await import(/* webpackMode: "eager" */ "./run/clean-up.ts");
  const host = await gitHubHost(new AbortController().signal); // the runner lets post run after a cancelled job
  await story.cleanUp(host).catch((error) => {
    if (error instanceof StashError && error.code === "LEAK_FOUND") host.fail(error);
    else host.warn(describeError(error).message);
  });
}

// @actions/core takes longer to load than all the rest: only the GitHub stages pay for it. All imports are in this chunk ("eager"),
// because ncc writes the licences of the last chunk alone.
async function gitHubHost(cancelled: AbortSignal) {
  const { createGitHubHost } = await import(/* webpackMode: "eager" */ "./host/github.ts");
  return createGitHubHost(process.env, cancelled);
}

async function written(stream: NodeJS.WriteStream): Promise<void> {
  await new Promise((done) => stream.write("", done));
}

// Messages that nobody reads (EPIPE) or that find no room (ENOSPC) must not end the process before it has cleaned up.
process.stderr.on("error", () => {});
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") process.exitCode ||= 1;
});

// The launchers of the stages import this file; everyone else starts it, npm's link to it included.
if (basename(realpathSync(process.argv[1] ?? ".")) === "index.js") {
  const exitCode = await runCommandLine(process.argv.slice(2), process.env);
  process.exitCode = exitCode || process.exitCode || 0;
  await Promise.all([written(process.stdout), written(process.stderr)]);
  process.exit();
}
