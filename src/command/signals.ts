import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { endingSignals, onEndingSignals, onSignals } from "../lib/cancellation.ts";

const RETRY_MS = 50;

/**
 * Passes the signals that end a job on to the process whose id is in a file. A signal that arrives before the file is written is tried
 * again until it is.
 *
 * @returns a function that stops it
 */
export function passOnSignals(pidFile: string): () => void {
  const retries = new Set<NodeJS.Timeout>();
  const passOn = (signal: NodeJS.Signals) => {
    const pid = readPid(pidFile);
    try {
      if (pid !== undefined) process.kill(pid, signal);
      else retries.add(setTimeout(passOn, RETRY_MS, signal)); // It is not started yet.
    } catch {
      // The process has ended.
    }
  };
  const stop = onEndingSignals(passOn);
  return () => {
    stop();
    for (const retry of retries) clearTimeout(retry);
  };
}

function readPid(pidFile: string): number | undefined {
  try {
    const pid = Number(readFileSync(pidFile, "utf8"));
    return pid > 1 ? pid : undefined; // To kill(2), 0 (from an empty file) is every process of the runner's group.
  } catch {
    return undefined;
  }
}

/**
 * Forwards signals to a child in a process group of its own, which neither Ctrl-C nor a cancelled job's SIGTERM reaches by itself.
 *
 * @returns a function that stops it
 */
export function forwardSignals(child: ChildProcess): () => void {
  const forward = (signal: NodeJS.Signals) => {
    // On Windows the console signals the command itself, and `process.kill` would end it without warning.
    if (process.platform === "win32" || child.pid === undefined) return;
    try {
      process.kill(-child.pid, signal);
    } catch {
      // The process group has ended.
    }
  };
  return onSignals([...endingSignals, "SIGUSR1", "SIGUSR2", "SIGWINCH"], forward);
}
