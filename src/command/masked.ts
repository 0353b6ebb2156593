import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Host } from "../ci/host.ts";
import { StashError, systemCode } from "../lib/errors.ts";
import { signalExitCode } from "../lib/processes.ts";
import type { Secret } from "../lib/secret.ts";
import { settleAll } from "../lib/settle-all.ts";
import { deriveNeedles } from "../redact/needles.ts";
import { commandEnvironment, terminalSettings } from "./environment.ts";
import { refuseOversized } from "./limits.ts";
import { showMasked } from "./masked-output.ts";
import { forwardSignals } from "./signals.ts";

/** What a command gets, and what its output must not show. */
export interface CommandSecrets {
  variables: ReadonlyMap<string, string>;
  secrets: readonly Secret[];
  /** empty if nothing was pulled */
  keyDirectory: string;
}

/**
 * Runs a command in a process group of its own, with its two output streams masked separately. It inherits our standard input.
 *
 * @returns its exit code, 128 + n after a signal
 * @throws {StashError} `COMMAND_FAILED` if it cannot be started, with the exit code that a shell would use (126, 127), or if its output
 *   cannot be written
 */
export async function runMasked(
  { environment, job }: Pick<Host, "environment" | "job">,
  [file = "", ...args]: readonly string[],
  { variables, secrets, keyDirectory }: CommandSecrets,
): Promise<number> {
  refuseOversized(variables, job.platform);
  const needles = deriveNeedles(secrets.map(({ value }) => value));
  const child = start(file, args, {
    ...commandEnvironment(environment, variables, keyDirectory),
    ...terminalSettings(environment),
  });
  const stopForwarding = forwardSignals(child);
  try {
    const ended = once(child, "exit");
    const shown = settleAll(
      showMasked(child.stdout, process.stdout, needles, ended),
      showMasked(child.stderr, process.stderr, needles, ended),
    );
    shown.catch(() => {}); // Awaited below, when the command has ended.
    const [code, signal] = await ended.catch((cause) => {
      throw notStarted(cause);
    });
    await shown;
    return code ?? signalExitCode(signal);
  } finally {
    stopForwarding();
  }
}

function start(file: string, args: readonly string[], env: NodeJS.ProcessEnv) {
  try {
    return spawn(file, args, {
      stdio: ["inherit", "pipe", "pipe"],
      env,
      windowsHide: true,
      detached: process.platform !== "win32", // A process group of its own, so that a signal reaches all of it.
    });
  } catch (cause) {
    throw notStarted(cause); // Some of the system's errors are thrown, others arrive as events.
  }
}

/** With the exit codes of a shell: 127 for a command that does not exist, 126 for one that cannot be executed (POSIX.1-2024, 2.8.2). */
export function notStarted(cause: unknown, platform = process.platform): StashError {
  const isMissing = ["ENOENT", "ERR_INVALID_ARG_VALUE"].includes(systemCode(cause));
  const hint =
    platform === "win32"
      ? " On Windows, npm and other scripts are started by their shell: exec -- cmd /d /c npm test, or exec -- bash ./deploy.sh."
      : "";
  return new StashError(
    "COMMAND_FAILED",
    `The command cannot be started (${systemCode(cause)}). Check its name, PATH and its permissions.${hint}`,
    { cause, exitCode: isMissing ? 127 : 126 },
  );
}
