import { flushOutput, surviveOutputErrors } from "../lib/output.ts";
import { takeEnvironment } from "../lib/own-environment.ts";

// The bundle that the launchers `main.js` and `index.js` share (`bundle.js`). Importing it does nothing.
//
// Everything is in one chunk ("eager"), because ncc writes the licences of the last chunk only. What is not needed is not evaluated.

const NOT_ERASED =
  "This system does not let a process erase its own environment. Every process of the same user can read the token and the grant key in " +
  "/proc while this one runs, the command of run or exec among them.";

/** The main stage of the GitHub Action. */
export async function runMain(): Promise<void> {
  const { environment, isErased } = takeEnvironment(process.env);
  surviveOutputErrors();
  const { pull } = await import(/* webpackMode: "eager" */ "../session/pull.ts");
  const { cancelOnSignals } = await import(/* webpackMode: "eager" */ "../lib/cancellation.ts");
  const { createGitHubHost, failStep } = await import(/* webpackMode: "eager" */ "../ci/github.ts");
  const { tokensOfGitHub } = await import(/* webpackMode: "eager" */ "../ci/oidc/github.ts");
  const host = createGitHubHost(environment, cancelOnSignals().cancelled, tokensOfGitHub);
  if (!isErased) host.log.warn(NOT_ERASED);
  await pull(host).catch(failStep);
  // Processes that a command of `run` left in the background may hold our pipes open. The step is over anyway once everything is written.
  await flushOutput();
  process.exit();
}

/** `secret-stash-ci`, the command line. */
export async function runCli(): Promise<void> {
  const { environment, isErased } = takeEnvironment(process.env);
  surviveOutputErrors();
  if (!isErased) process.stderr.write(`SecretStash warning: ${NOT_ERASED}\n`);
  const { runCommandLine } = await import(/* webpackMode: "eager" */ "../cli/run.ts");
  // Next to this bundle, and loaded by `broker` alone.
  const loadBroker = () => import(/* webpackIgnore: true */ "./broker.ts");
  const exitCode = await runCommandLine(process.argv.slice(2), environment, loadBroker);
  process.exitCode = exitCode || process.exitCode || 0;
  await flushOutput();
  process.exit();
}
