import { type ErrorCode, StashError } from "../lib/errors.ts";

/** Exit codes of the command line (docs/other-systems.md). They are API. */
export const exitCodes = {
  success: 0,
  failure: 1,
  usage: 2,
  credentials: 3,
  refused: 4,
  unavailable: 5,
} as const;

const byError: Partial<Record<ErrorCode, keyof typeof exitCodes>> = {
  USAGE: "usage",
  INPUTS_INVALID: "usage",
  TOKEN_REFUSED: "credentials",
  ACCESS_REFUSED: "credentials",
  GRANT_KEY_UNREADABLE: "credentials",
  GRANT_KEY_UNKNOWN: "credentials",
  GRANT_KEY_WITHOUT_ACCESS: "credentials",
  GRANT_ENVELOPE_UNREADABLE: "credentials",
  ENVELOPE_MISSING: "credentials",
  ENVELOPE_UNREADABLE: "credentials",
  APPROVAL_TIMED_OUT: "credentials",
  APPROVAL_REFUSED: "credentials",
  DEVICE_KEY_EXPIRED: "credentials",
  APPROVER_KEY_UNREADABLE: "credentials",
  APPROVER_WITHOUT_ACCESS: "credentials",
  REQUEST_NOT_FOUND: "refused",
  REQUEST_AMBIGUOUS: "refused",
  DEK_REFUSED: "refused",
  ID_TOKEN_MISSING: "credentials",
  FORK_WITHOUT_ID_TOKEN: "credentials",
  ID_TOKEN_FAILED: "unavailable",
  ID_TOKEN_REFUSED: "credentials",
  ID_TOKEN_USED: "credentials",
  AUDIENCE_REFUSED: "credentials",
  CLOCK_WRONG: "credentials",
  POLICY_REFUSED: "refused",
  BROKER_UNAVAILABLE: "unavailable",
  ENVIRONMENT_TYPE_REFUSED: "refused",
  NAMES_REFUSED: "refused",
  VALUES_REFUSED: "refused",
  ENV_FILE_REFUSED: "refused",
  FILE_REFUSED: "refused",
  DEBUG_TRACE_REFUSED: "refused",
  LEAK_FOUND: "refused",
  RATE_LIMITED: "unavailable",
  SERVICE_FAILED: "unavailable",
  SERVICE_UNREACHABLE: "unavailable",
  TIMED_OUT: "unavailable",
};

/** The exit code for an error: by its code, else its own (that of a command), else 1. */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof StashError)) return exitCodes.failure;
  const kind = byError[error.code];
  return kind === undefined ? error.exitCode : exitCodes[kind];
}
