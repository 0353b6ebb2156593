import { constants } from "node:os";
import { systemCode } from "./errors.ts";

/** Whether a process with this id exists. The id may have been reused since it was noted. */
export function isProcessAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid < 1) return false; // To kill(2), zero and negative ids are process groups.
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return systemCode(error) === "EPERM"; // It exists, and belongs to another user.
  }
}

/** The exit code that a shell reports for a process killed by a signal (POSIX.1-2024, 2.8.2). */
export function signalExitCode(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}

/**
 * The environment of a process that only makes a key: no inputs and no token, but the variable by which the runner finds and kills
 * processes that a job left behind (actions/runner, src/Runner.Worker/JobExtension.cs).
 */
export function keyProcessEnvironment({ RUNNER_TRACKING_ID }: NodeJS.ProcessEnv): Record<string, string> {
  return RUNNER_TRACKING_ID === undefined ? {} : { RUNNER_TRACKING_ID };
}
