import { setTimeout as sleep } from "node:timers/promises";
import { systemCode } from "../lib/errors.ts";
import { type Connection, nameInSentence } from "./connection.ts";
import type { Deadline } from "./deadline.ts";
import { HttpError } from "./http-error.ts";

/** How often a request is sent in all, unless the service asks us to wait. */
const MAX_ATTEMPTS = 5;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5000;
const ANNOUNCED_FROM_MS = 5000;
const FEW_REQUESTS = 3;
const FEW_REQUESTS_PAUSE_MS = 1000;

/** Request Timeout, Too Early, Too Many Requests, Internal Server Error, Bad Gateway, Service Unavailable, Gateway Timeout. */
function retryable(status: number): boolean {
  return [408, 425, 429, 500, 502, 503, 504].includes(status);
}

/** Whether the server certainly did not process the request: it turned it away, or the connection was never made. */
export function isUnprocessed(error: unknown): boolean {
  if (error instanceof HttpError) return error.status === 425 || error.status === 429;
  // connect(2) and getaddrinfo(3) fail before anything is sent.
  return ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"].includes(
    systemCode(error),
  );
}

/** Whether the same request may succeed a moment later. */
export function isTransient(error: unknown): boolean {
  if (error instanceof HttpError) return retryable(error.status);
  return (
    isUnprocessed(error) || ["ECONNRESET", "EPIPE", "ETIMEDOUT", "ABORT_ERR"].includes(systemCode(error))
  );
}

/**
 * Waits before the next attempt: for as long as the service asks, otherwise exponentially longer each time with full jitter, so that
 * jobs which failed together do not return together (docs.aws.amazon.com, "Exponential backoff and jitter").
 *
 * @param faults the number of failed attempts so far, this one included
 * @returns whether to try again; `false` at once if the deadline would pass first
 */
export async function waitToRetry(
  connection: Connection,
  deadline: Deadline,
  error: unknown,
  faults: number,
): Promise<boolean> {
  const asked = error instanceof HttpError ? error.retryAfterSeconds : undefined;
  if (asked === undefined && faults >= MAX_ATTEMPTS) return false;
  const ceiling = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (faults - 1));
  // Jitter is added to a requested pause as well: otherwise every job that was told the same second would return at once.
  const pause =
    asked === undefined ? Math.random() * ceiling : asked * 1000 + Math.random() * FIRST_PAUSE_MS * 5;
  if (pause >= deadline.millisecondsLeft()) return false;
  if (pause >= ANNOUNCED_FROM_MS) {
    const reason =
      error instanceof HttpError && error.status === 429
        ? "rate limited"
        : `${nameInSentence(connection.peer)} asked us to wait`;
    connection.say(`SecretStash: ${reason}; retrying in ${Math.ceil(pause / 1000)} s.`);
  }
  return pauseUntil(deadline, pause);
}

/** Slows down before the rate limit is reached, because other jobs may share the token. */
export async function throttle({ limit }: Connection, deadline: Deadline): Promise<void> {
  if (limit.remaining === undefined || limit.remaining >= FEW_REQUESTS) return;
  const pause = Math.random() * FEW_REQUESTS_PAUSE_MS;
  if (pause < deadline.millisecondsLeft()) await pauseUntil(deadline, pause);
}

/** @returns whether the pause ended before the deadline and without a cancellation */
async function pauseUntil({ signal }: Deadline, milliseconds: number): Promise<boolean> {
  try {
    await sleep(milliseconds, undefined, { signal });
    return true;
  } catch {
    return false;
  }
}
