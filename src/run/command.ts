import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { exec } from "@actions/exec";
import { StashError } from "../errors.ts";
import type { Host } from "../host/host.ts";
import type { Inputs } from "../host/inputs.ts";

// The runner's own templates for `shell:` (docs.github.com, "Workflow syntax", jobs.<job_id>.steps[*].shell).
const templates: Record<string, string> = {
  bash: "bash --noprofile --norc -eo pipefail {0}",
  sh: "sh -e {0}",
  pwsh: "pwsh -NoProfile -File {0}",
  python: "python {0}",
};

// Two shells around the command: the inner one notes its process id and becomes the command; the outer one waits for it and
// turns a signal into 128 + n, where @actions/exec would only say null.
const NOTE_PID = `sh -c 'echo "$$" >"$0" && exec "$@"' "$@"; exit "$?"`;

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
  const script = join(keyDirectory, shell === "pwsh" ? "run.ps1" : "run");
  const pidFile = join(keyDirectory, "run.pid");
  await writeFile(script, `${run}\n`, { flag: "wx", mode: 0o600 });
  const command = (templates[shell] ?? shell).split(/\s+/).map((part) => part.replace("{0}", script));
  const isPosix = host.platform !== "win32";
  const [file = "", ...args] = isPosix ? ["sh", "-c", NOTE_PID, "sh", pidFile, ...command] : command;

  const passOn = (signal: NodeJS.Signals) => passOnSignal(pidFile, signal);
  for (const signal of forwarded) process.on(signal, passOn);
  const cwd = resolve(host.workspace, workingDirectory);
  const env = commandEnvironment(host.environment, variables, keyDirectory);
  const exitCode = await exec(file, args, {
    cwd,
    env,
    ignoreReturnCode: true,
    silent: true,
    listeners: passThrough,
  })
    .catch((cause) => {
      throw new StashError("COMMAND_FAILED", `The command in run could not be started. ${REMEDY}`, { cause });
    })
    .finally(() => {
      for (const signal of forwarded) process.off(signal, passOn);
    });
  if (exitCode === 0) return;
  throw new StashError(
    "COMMAND_FAILED",
    `The command in run ended with exit code ${exitCode}. Its output is above.`,
    {
      exitCode,
    },
  );
}

const REMEDY = "The shell or the working directory may not be there: check shell and working-directory.";

// The output as it comes, each stream for itself; @actions/exec on its own would also print the two shells around the command.
const passThrough = {
  stdout: (data: Buffer) => void process.stdout.write(data),
  stderr: (data: Buffer) => void process.stderr.write(data),
};

const forwarded = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

function passOnSignal(pidFile: string, signal: NodeJS.Signals): void {
  try {
    const pid = Number(readFileSync(pidFile, "utf8"));
    if (pid > 1) process.kill(pid, signal); // 0, from a file still empty, would be every process of the runner's group
  } catch {
    // Not started yet, or gone already.
  }
}

/** What the step was given for itself stays out: inputs, state, and the grant key, which decrypts for longer than this job. */
function commandEnvironment(
  environment: NodeJS.ProcessEnv,
  variables: ReadonlyMap<string, string>,
  keyDirectory: string,
): Record<string, string> {
  const inherited = Object.entries(environment).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && !/^(INPUT_|STATE_|SECRET_STASH_GRANT_KEY$)/.test(entry[0]),
  );
  return Object.fromEntries([...inherited, ...variables, ["SECRET_STASH_KEY_DIR", keyDirectory]]);
}
