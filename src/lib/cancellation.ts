import { StashError } from "./errors.ts";

/** The signals that end a job. SIGBREAK is Ctrl-Break, with which Windows runners cancel. */
export const endingSignals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGBREAK"] as const;

/** Turns the ending signals into an abort, so that the work stops at its next step and undoes what it did. */
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
  return { cancelled: controller.signal, received: () => received, stop: onEndingSignals(cancel) };
}

/** Calls `handle` for every ending signal. @returns a function that stops it */
export function onEndingSignals(handle: (signal: NodeJS.Signals) => void): () => void {
  return onSignals(endingSignals, handle);
}

/** Calls `handle` for every one of these signals. @returns a function that stops it */
export function onSignals(
  signals: readonly NodeJS.Signals[],
  handle: (signal: NodeJS.Signals) => void,
): () => void {
  for (const signal of signals) process.on(signal, handle);
  return () => {
    for (const signal of signals) process.off(signal, handle);
  };
}

/** Ends a story between two steps. @throws {StashError} `CANCELLED` */
export function throwIfCancelled(cancelled: AbortSignal): void {
  if (cancelled.aborted) throw cancellationError();
}

export function cancellationError(): StashError {
  return new StashError("CANCELLED", "The job was cancelled. Nothing was exported.");
}
