import { flushOutput, surviveOutputErrors } from "../lib/output.ts";

// The bundle that the launchers `main.js` and `index.js` share (`bundle.js`). Importing it does nothing.
//
// Everything is in one chunk ("eager"), because ncc writes the licences of the last chunk only. What is not needed is not evaluated.

/** The main stage of the GitHub Action. */
export async function runMain(): Promise<void> {
  surviveOutputErrors();
  const { pull } = await import(/* webpackMode: "eager" */ "../session/pull.ts");
  const { cancelOnSignals } = await import(/* webpackMode: "eager" */ "../lib/cancellation.ts");
  const { createGitHubHost, failStep } = await import(/* webpackMode: "eager" */ "../ci/github.ts");
  await pull(createGitHubHost(process.env, cancelOnSignals().cancelled)).catch(failStep);
  // Processes that a command of `run` left in the background may hold our pipes open. The step is over anyway once everything is written.
  await flushOutput();
  process.exit();
}

/** `secret-stash-ci`, the command line. */
export async function runCli(): Promise<void> {
  surviveOutputErrors();
  const { runCommandLine } = await import(/* webpackMode: "eager" */ "../cli/run.ts");
  const exitCode = await runCommandLine(process.argv.slice(2), process.env);
  process.exitCode = exitCode || process.exitCode || 0;
  await flushOutput();
  process.exit();
}
