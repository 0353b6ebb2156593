#!/usr/bin/env node
import { realpathSync } from "node:fs";
import { basename } from "node:path";
import { surviveOutputErrors, written } from "../lib/output.ts";

// All imports are in this chunk ("eager"), because ncc writes the licences of the last chunk alone; what is not asked for is not run.

/** The main stage of the GitHub Action. */
export async function pull(): Promise<void> {
  const story = await import(/* webpackMode: "eager" */ "../session/pull.ts");
  const { cancelOnSignals } = await import(/* webpackMode: "eager" */ "../lib/cancellation.ts");
  const { createGitHubHost } = await import(/* webpackMode: "eager" */ "../ci/github.ts");
  const host = createGitHubHost(process.env, cancelOnSignals().cancelled);
  await story.pull(host).catch(host.fail);
  // What a command of `run` left in the background may hold our pipes open. The step is over all the same, once all is written.
  await Promise.all([written(process.stdout), written(process.stderr)]);
  process.exit();
}

surviveOutputErrors();

// main.js imports this file; everyone else starts it, npm's link to it included.
if (basename(realpathSync(process.argv[1] ?? ".")) === "index.js") {
  const { runCommandLine } = await import(/* webpackMode: "eager" */ "../cli/run.ts");
  const exitCode = await runCommandLine(process.argv.slice(2), process.env);
  process.exitCode = exitCode || process.exitCode || 0;
  await Promise.all([written(process.stdout), written(process.stderr)]);
  process.exit();
}
