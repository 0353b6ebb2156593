import { readFileSync } from "node:fs";
import { constants } from "node:os";

const RETRY_MS = 50;

/**
 * Passes the signals that end a job on to the process whose id stands in a file; one that comes before the file does is tried
 * again until it is there.
 *
 * @returns a function that stops it
 */
export function passOnSignals(pidFile: string): () => void {
  const retries = new Set<NodeJS.Timeout>();
  const passOn = (signal: NodeJS.Signals) => {
    const pid = readPid(pidFile);
    try {
      if (pid !== undefined) process.kill(pid, signal);
      else retries.add(setTimeout(passOn, RETRY_MS, signal)); // not started yet
    } catch {
      // Gone already.
    }
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, passOn);
  return () => {
    for (const signal of signals) process.off(signal, passOn);
    for (const retry of retries) clearTimeout(retry);
  };
}

function readPid(pidFile: string): number | undefined {
  try {
    const pid = Number(readFileSync(pidFile, "utf8"));
    return pid > 1 ? pid : undefined; // 0, from a file still empty, would be every process of the runner's group
  } catch {
    return undefined;
  }
}

/** What a shell reports for a process that a signal ended (POSIX.1-2024, 2.8.2). */
export function signalExitCode(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}

/** The signals that end a job, as one that aborts: the work ends at its next step, and takes back what it did. */
export interface Cancellation {
  readonly cancelled: AbortSignal;
  received(): NodeJS.Signals | undefined;
  stop(): void;
}

export function cancelOnSignals(): Cancellation {
  const controller = new AbortController();
  let received: NodeJS.Signals | undefined;
  const cancel = (signal: NodeJS.Signals) => {
    received ??= signal;
    controller.abort();
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGBREAK"] as const; // the last: Ctrl-Break, as Windows runners cancel
  for (const signal of signals) process.on(signal, cancel);
  return {
    cancelled: controller.signal,
    received: () => received,
    stop: () => {
      for (const signal of signals) process.off(signal, cancel);
    },
  };
}
