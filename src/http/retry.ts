import { setTimeout as sleep } from "node:timers/promises";
import { systemCode } from "../lib/errors.ts";
import type { Connection } from "./connection.ts";
import { HttpError } from "./http-error.ts";

/** How often an endpoint is asked in all when nobody says how long to wait. */
const MAX_ATTEMPTS = 5;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5000;
const TOLD_FROM_MS = 5000;
const FEW_REQUESTS = 3;
const FEW_REQUESTS_PAUSE_MS = 1000;

/** Request Timeout, Too Early, Too Many Requests, Internal Server Error, Bad Gateway, Service Unavailable, Gateway Timeout. */
function retryable(status: number): boolean {
  return [408, 425, 429, 500, 502, 503, 504].includes(status);
}

/** The request was turned away before it was looked at, or it never got there: repeating it repeats nothing. */
export function isUnprocessed(error: unknown): boolean {
  if (error instanceof HttpError) return error.status === 425 || error.status === 429;
  // connect(2) and getaddrinfo(3) fail before anything is sent
  return ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"].includes(
    systemCode(error),
  );
}

/** Whether the same request may do better a moment later. */
export function isTransient(error: unknown): boolean {
  if (error instanceof HttpError) return retryable(error.status);
  const passing = ["ECONNRESET", "EPIPE", "ETIMEDOUT", "ABORT_ERR"];
  return isUnprocessed(error) || passing.includes(systemCode(error));
}

/**
 * Waits before the next attempt: as long as the service asks, else exponentially longer each time with full jitter, so that jobs which
 * failed together do not come back together (docs.aws.amazon.com, "Exponential backoff and jitter").
 *
 * @param faults how many there were so far, this one included
 * @returns whether another attempt makes sense; at once `false` when the deadline would come first
 */
export async function waitToRetry(connection: Connection, error: unknown, faults: number): Promise<boolean> {
  const asked = error instanceof HttpError ? error.retryAfterSeconds : undefined;
  if (asked === undefined && faults >= MAX_ATTEMPTS) return false;
  const ceiling = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (faults - 1));
  // Jitter on top of what is asked for, too: all who were told the same second would come at once.
  const pause =
    asked === undefined ? Math.random() * ceiling : asked * 1000 + Math.random() * FIRST_PAUSE_MS * 5;
  if (pause >= connection.deadline.millisecondsLeft()) return false;
  if (pause >= TOLD_FROM_MS)
    connection.say(`SecretStash: the service asks to wait ${Math.ceil(pause / 1000)} s.`);
  return pauseUnlessEnded(connection, pause);
}

/** Slows down before the service has to ask for it: other jobs may share the token. */
export async function spareLimit(connection: Connection): Promise<void> {
  const { remaining } = connection.limit;
  if (remaining === undefined || remaining >= FEW_REQUESTS) return;
  const pause = Math.random() * FEW_REQUESTS_PAUSE_MS;
  if (pause < connection.deadline.millisecondsLeft()) await pauseUnlessEnded(connection, pause);
}

async function pauseUnlessEnded({ deadline }: Connection, milliseconds: number): Promise<boolean> {
  try {
    await sleep(milliseconds, undefined, { signal: deadline.signal });
    return true;
  } catch {
    return false;
  }
}
