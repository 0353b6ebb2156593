import { readSync } from "node:fs";
import { systemCode } from "./errors.ts";

const RETRY_MS = 2;

/**
 * Repeats a synchronous read or write until the pipe is ready. Another process can make a pipe that it shares with us non-blocking; the
 * call then fails with EAGAIN instead of waiting (write(2)).
 *
 * @throws the system's error for any other failure
 */
export function untilReady<Result>(attempt: () => Result): Result {
  for (;;) {
    try {
      return attempt();
    } catch (error) {
      if (systemCode(error) !== "EAGAIN") throw error;
      pause(RETRY_MS);
    }
  }
}

/** Stops this thread for some time. */
export function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/**
 * Reads from a pipe that was opened non-blocking.
 *
 * @returns `undefined` if there is nothing yet, and 0 at the end
 * @throws the system's error for any other failure
 */
export function readIfReady(descriptor: number, buffer: Buffer): number | undefined {
  try {
    return readSync(descriptor, buffer, 0, buffer.length, null);
  } catch (error) {
    if (systemCode(error) === "EAGAIN") return undefined;
    throw error;
  }
}
