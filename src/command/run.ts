import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { CommandInputs } from "../inputs/inputs.ts";
import { StashError } from "../lib/errors.ts";
import { type CommandHost, type CommandSecrets, runMasked } from "./masked.ts";

// The same as the runner puts around `run:` steps (src/Runner.Worker/Handlers/ScriptHandlerHelpers.cs).
const POWERSHELL_FIRST = "$ErrorActionPreference = 'stop'";
const POWERSHELL_LAST = "if ((Test-Path -LiteralPath variable:\\LASTEXITCODE)) { exit $LASTEXITCODE }";

/**
 * Runs the command of the input `run`, with the variables in its environment. Its input is empty, because nobody will ever type anything.
 *
 * @throws {StashError} `COMMAND_FAILED` if it cannot be started or ends with an exit code other than 0, with that code (128 + n after a
 *   signal)
 */
export async function runCommand(
  host: CommandHost,
  { run, shell, workingDirectory }: CommandInputs,
  secrets: CommandSecrets,
): Promise<void> {
  const [file = "", ...args] = await writeScript(run, shell, secrets.keyDirectory);
  const directory = resolve(host.job.workspace, workingDirectory);
  const command = {
    file,
    args,
    stdin: "ignore",
    isAction: true,
    workingDirectory: directory,
    notStarted,
  } as const;
  const { exitCode, endsLine } = await runMasked(host, command, secrets);
  if (!endsLine) process.stdout.write("\n"); // The runner obeys a command only at the beginning of a line.
  if (exitCode === 0) return;
  throw new StashError(
    "COMMAND_FAILED",
    `The command in run ended with exit code ${exitCode}. Its output is above.`,
    { exitCode },
  );
}

function notStarted(cause: unknown): StashError {
  return new StashError(
    "COMMAND_FAILED",
    "The command in run cannot be started. The shell or the working directory may not exist. Check shell and working-directory.",
    { cause },
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
