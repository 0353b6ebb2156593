import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { exec } from "@actions/exec";
import type { Host } from "../ci/host.ts";
import type { CommandInputs } from "../inputs/inputs.ts";
import { StashError } from "../lib/errors.ts";
import { commandEnvironment } from "./environment.ts";
import { refuseOversized } from "./limits.ts";
import { passOnSignals } from "./signals.ts";

// The same as the runner puts around `run:` steps (src/Runner.Worker/Handlers/ScriptHandlerHelpers.cs).
const POWERSHELL_FIRST = "$ErrorActionPreference = 'stop'";
const POWERSHELL_LAST = "if ((Test-Path -LiteralPath variable:\\LASTEXITCODE)) { exit $LASTEXITCODE }";

// Two shells around the command. The inner one notes its process id and becomes the command. The outer one waits for it and turns a signal
// into 128 + n, where @actions/exec would only report null (docs/decisions/0006). Nobody will ever type anything, so the input is empty;
// by redirection, because the `input` option of @actions/exec crashes with EPIPE if the command ends before it is written.
const NOTE_PID = `sh -c 'echo "$$" >"$1" && shift && exec "$@"' sh "$@" </dev/null; exit "$?"`;

// Processes that the command left in the background may hold its output open. They are not waited for any longer than this.
const STREAMS_MS = 500;

/**
 * Runs the command of the input `run`, with the variables in its environment. Signals that this process receives are passed on to it, and
 * it decides what they mean.
 *
 * @throws {StashError} `COMMAND_FAILED` if it cannot be started or ends with an exit code other than 0, with that code (128 + n after a
 *   signal)
 */
export async function runCommand(
  { environment, job }: Pick<Host, "environment" | "job">,
  { run, shell, workingDirectory }: CommandInputs,
  variables: ReadonlyMap<string, string>,
  keyDirectory: string,
): Promise<void> {
  refuseOversized(variables, job.platform);
  const command = await writeScript(run, shell, keyDirectory);
  const pidFile = join(keyDirectory, "run.pid");
  const [file = "", ...args] =
    job.platform === "win32" ? command : ["sh", "-c", NOTE_PID, "sh", pidFile, ...command];

  const stopPassingOn = passOnSignals(pidFile);
  const output = passThrough();
  const exitCode = await exec(file, args, {
    cwd: resolve(job.workspace, workingDirectory),
    env: commandEnvironment(environment, variables, keyDirectory),
    ignoreReturnCode: true,
    silent: true, // Otherwise it would print the two shells.
    listeners: output,
    delay: STREAMS_MS,
  }).catch((cause) => {
    throw new StashError(
      "COMMAND_FAILED",
      "The command in run cannot be started. The shell or the working directory may not exist. Check shell and working-directory.",
      { cause },
    );
  });
  stopPassingOn();
  output.endLine();
  if (exitCode === 0) return;
  throw new StashError(
    "COMMAND_FAILED",
    `The command in run ended with exit code ${exitCode}. Its output is above.`,
    { exitCode },
  );
}

/** @returns the command line of the shell with the script in it */
async function writeScript(run: string, shell: string, keyDirectory: string): Promise<string[]> {
  const script = join(keyDirectory, shell === "pwsh" ? "run.ps1" : "run");
  const lines = shell === "pwsh" ? [POWERSHELL_FIRST, run, POWERSHELL_LAST] : [run];
  await writeFile(script, `${lines.join("\n")}\n`, { flag: "wx", mode: 0o600 });
  switch (shell) {
    case "bash":
      return ["bash", "--noprofile", "--norc", "-eo", "pipefail", script];
    case "sh":
      return ["sh", "-e", script];
    case "pwsh":
      return ["pwsh", "-command", `. '${script.replaceAll("'", "''")}'`];
    case "python":
      return ["python", script];
    default:
      return shell.split(/\s+/).map((part) => part.replace("{0}", () => script));
  }
}

/** Copies the two output streams as they come. Whatever is said afterwards starts on a new line. */
function passThrough() {
  let last = "\n".charCodeAt(0);
  const to = (stream: NodeJS.WriteStream) => (data: Buffer) => {
    last = data.at(-1) ?? last;
    stream.write(data);
  };
  return {
    stdout: to(process.stdout),
    stderr: to(process.stderr),
    endLine: () => {
      if (last !== "\n".charCodeAt(0)) process.stdout.write("\n");
    },
  };
}
