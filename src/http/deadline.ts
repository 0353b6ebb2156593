/** The time within which a request has to be answered, retries and pauses included. */
export interface Deadline {
  /** aborted when the time is up or the job is cancelled */
  readonly signal: AbortSignal;
  readonly seconds: number;
  millisecondsLeft(): number;
}

/** Starts the clock now. */
export function startDeadline(seconds: number, cancelled: AbortSignal | undefined): Deadline {
  const endsAt = performance.now() + seconds * 1000;
  const timeout = AbortSignal.timeout(seconds * 1000);
  return {
    signal: cancelled ? AbortSignal.any([timeout, cancelled]) : timeout,
    seconds,
    millisecondsLeft: () => endsAt - performance.now(),
  };
}
