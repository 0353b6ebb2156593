import type { ChildProcess } from "node:child_process";
import { endingSignals, onSignals } from "../lib/cancellation.ts";

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
