import { openSessionDirectory, type SessionDirectory } from "../ci/session-directory.ts";
import { cancelOnSignals } from "../lib/cancellation.ts";
import { StashError } from "../lib/errors.ts";
import { signalExitCode } from "../lib/processes.ts";
import type { Call } from "./command.ts";

/** Opens the session that `--session-dir` or SECRET_STASH_SESSION_DIR names; `undefined` if neither does. */
export function findSession({ flags, environment }: Call): SessionDirectory | undefined {
  const path = flags.get("session-dir") ?? environment.SECRET_STASH_SESSION_DIR;
  return typeof path === "string" && path !== "" ? openSessionDirectory(path) : undefined;
}

/** For work that is not cancelled, because it undoes something. */
export const neverCancelled = new AbortController().signal;

/**
 * Runs work that SIGINT, SIGTERM and the like cancel.
 *
 * @param outcome what to say about the work after a cancellation
 * @returns the exit code; after a cancellation it names the signal
 */
export async function cancellable(
  work: (cancelled: AbortSignal) => Promise<number>,
  outcome = "Nothing was exported.",
): Promise<number> {
  const { cancelled, received, stop } = cancelOnSignals();
  try {
    return await work(cancelled);
  } catch (error) {
    const signal = received();
    const isLeak = error instanceof StashError && error.code === "LEAK_FOUND"; // True however the command ended.
    if (signal === undefined || isLeak) throw error;
    process.stderr.write(`SecretStash: cancelled. ${outcome}\n`);
    return signalExitCode(signal);
  } finally {
    stop();
  }
}
