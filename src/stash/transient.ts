import { type ErrorCode, StashError } from "../lib/errors.ts";

const transientCodes: ReadonlySet<ErrorCode> = new Set([
  "RATE_LIMITED",
  "SERVICE_FAILED",
  "SERVICE_UNREACHABLE",
  "TIMED_OUT",
]);

/** Whether a call to the service failed for a reason that may be gone a moment later. */
export function isTransientFailure(error: unknown): error is StashError {
  return error instanceof StashError && transientCodes.has(error.code);
}
