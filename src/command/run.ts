import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { exec } from "@actions/exec";
import { StashError } from "../lib/errors.ts";
import type { Host } from "../ci/host.ts";
import type { Inputs } from "../inputs/inputs.ts";
import { describeOversized } from "./limits.ts";
import { passOnSignals } from "../lib/cancellation.ts";

// As the runner starts `run:` steps (src/Runner.Worker/Handlers/ScriptHandlerHelpers.cs).
const POWERSHELL_FIRST = "$ErrorActionPreference = 'stop'";
const POWERSHELL_LAST = "if ((Test-Path -LiteralPath variable:\\LASTEXITCODE)) { exit $LASTEXITCODE }";

// Two shells around the command: the inner one notes its process id and becomes the command; the outer one waits for it and
// turns a signal into 128 + n, where @actions/exec would only say null (docs/decisions/0006). Nobody will ever type anything, so
// input ends at once; by redirection, because the `input` of @actions/exec crashes on a command that is gone before it is written (EPIPE).
const NOTE_PID = `sh -c 'echo "$$" >"$1" && shift && exec "$@"' sh "$@" </dev/null; exit "$?"`;

// What the command left in the background may hold its output open; it is not waited for.
const STREAMS_MS = 500;

/**
 * Runs the command with the variables in its environment alone. Signals that this process gets are passed on to it, and it
 * decides what they mean.
 *
 * @throws {StashError} `COMMAND_FAILED` when it ends with another exit code than 0, with that code (128 + n after a signal), or
 *   cannot be started
 */
export async function runCommand(
  host: Host,
  { run, shell, workingDirectory }: Inputs,
  variables: ReadonlyMap<string, string>,
  keyDirectory: string,
): Promise<void> {
  const oversized = describeOversized(variables, host.platform);
  if (oversized !== undefined) {
    throw new StashError(
      "COMMAND_FAILED",
      `The command in run cannot be started. ${oversized}. Choose fewer variables, or use env-file.`,
    );
  }
  const command = await writeScript(run, shell, keyDirectory);
  const pidFile = join(keyDirectory, "run.pid");
  const [file = "", ...args] =
    host.platform === "win32" ? command : ["sh", "-c", NOTE_PID, "sh", pidFile, ...command];

  const stopPassingOn = passOnSignals(pidFile);
  const output = passThrough();
  const exitCode = await exec(file, args, {
    cwd: resolve(host.workspace, workingDirectory),
    env: commandEnvironment(host.environment, variables, keyDirectory),
    ignoreReturnCode: true,
    silent: true, // or it would print the two shells
    listeners: output,
    delay: STREAMS_MS,
  }).catch((cause) => {
    throw new StashError(
      "COMMAND_FAILED",
      "The command in run could not be started. The shell or the working directory may not be there: check shell and " +
        "working-directory.",
      { cause },
    );
  });
  stopPassingOn();
  output.endLine();
  if (exitCode === 0) return;
  throw new StashError(
    "COMMAND_FAILED",
    `The command in run ended with exit code ${exitCode}. Its output is above.`,
    {
      exitCode,
    },
  );
}

/** @returns the shell's command line, the script in its place */
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

/** The output as it comes, each stream for itself; what is said after it begins on a line of its own. */
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

/** What the step was given for itself is not passed on: inputs, state, the token and the grant key. */
export function commandEnvironment(
  environment: NodeJS.ProcessEnv,
  variables: ReadonlyMap<string, string>,
  keyDirectory: string,
  platform: string = process.platform,
): Record<string, string> {
  const isOurs = (name: string) => /^(INPUT_|STATE_|SECRET_STASH_(API_TOKEN|GRANT_KEY)$)/i.test(name);
  // Of two names that differ by case alone Windows takes the first: an inherited one must not be in the way of ours.
  const fold = (name: string) => (platform === "win32" ? name.toUpperCase() : name);
  const replaced = new Set([...variables.keys(), "SECRET_STASH_KEY_DIR"].map(fold));
  const inherited = Object.entries(environment).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && !isOurs(entry[0]) && !replaced.has(fold(entry[0])),
  );
  return Object.fromEntries([...inherited, ...variables, ["SECRET_STASH_KEY_DIR", keyDirectory]]);
}
