import { describeError, StashError } from "../lib/errors.ts";
import { checkNodeVersion } from "../lib/node-version.ts";
import { version } from "../lib/version.ts";
import { parseCall } from "./arguments.ts";
import { commands } from "./commands.ts";
import { exitCodeOf, exitCodes } from "./exit-code.ts";
import { parseRequest } from "./request.ts";

/** Loads the key broker, which is a bundle of its own. */
export type LoadBroker = () => Promise<{
  runBroker(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<number>;
}>;

/** Runs `secret-stash-ci` with these arguments. Errors go to stderr. @returns the exit code */
export async function runCommandLine(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  loadBroker: LoadBroker,
): Promise<number> {
  const exitCode = await run(args, environment, loadBroker).catch((error: unknown) => {
    const { title, message } = describeError(error);
    process.stderr.write(`${title}\n${message}\n`);
    return exitCodeOf(error);
  });
  if (exitCode !== exitCodes.success && isEvaluated(args)) process.stdout.write("false\n");
  return exitCode;
}

/** Whether a shell runs what is printed. `eval` ignores how the command in `$(…)` ended, so after a failure the output has to fail itself. */
function isEvaluated([command, ...args]: readonly string[]): boolean {
  return command === "pull" && / --format[= ]shell /.test(` ${args.join(" ")} `);
}

/** Node then prints what it does, to stderr and past every mask: the environments that it starts processes with, and what it sends. */
function refuseNodeDebug({ NODE_DEBUG = "", NODE_DEBUG_NATIVE = "" }: NodeJS.ProcessEnv): void {
  if (NODE_DEBUG + NODE_DEBUG_NATIVE === "") return;
  throw new StashError(
    "DEBUG_TRACE_REFUSED",
    "Nothing was done, because NODE_DEBUG or NODE_DEBUG_NATIVE is set, and Node then prints values and tokens. Unset it for this command.",
  );
}

async function run(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  loadBroker: LoadBroker,
): Promise<number> {
  const request = parseRequest(args);
  if (request.kind === "version") {
    process.stdout.write(`${version}\n`);
    return exitCodes.success;
  }
  if (request.kind === "help") {
    const { helpOn } = await import(/* webpackMode: "eager" */ "./help.ts");
    process.stdout.write(await helpOn(request.topic));
    return exitCodes.success;
  }
  refuseNodeDebug(environment);
  if (request.kind === "broker") {
    checkNodeVersion(process.versions.node);
    return (await loadBroker()).runBroker(request.args, environment);
  }
  const command = await commands[request.name].load();
  const call = { ...parseCall(request.name, command, request.args), environment };
  if (!command.runsOnOldNode) checkNodeVersion(process.versions.node);
  return command.run(call);
}
