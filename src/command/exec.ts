import { StashError, systemCode } from "../lib/errors.ts";
import { terminalSettings } from "./environment.ts";
import { type CommandHost, type CommandSecrets, runMasked } from "./masked.ts";

/**
 * Runs the command of `exec`. It inherits our standard input.
 *
 * @returns its exit code, 128 + n after a signal
 * @throws {StashError} `COMMAND_FAILED` if it cannot be started, with the exit code that a shell would use (126, 127), or if its output
 *   cannot be written
 */
export async function execCommand(
  host: CommandHost,
  [file = "", ...args]: readonly string[],
  secrets: CommandSecrets,
): Promise<number> {
  const settings = terminalSettings(host.environment);
  const { exitCode } = await runMasked(
    host,
    { file, args, stdin: "inherit", isAction: false, settings, notStarted },
    secrets,
  );
  return exitCode;
}

/** With the exit codes of a shell: 127 for a command that does not exist, 126 for one that cannot be executed (POSIX.1-2024, 2.8.2). */
export function notStarted(cause: unknown, platform: string = process.platform): StashError {
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
