import { printable } from "./printable.ts";

/**
 * Every way in which a session can fail. The codes are API: tests, documentation and users' scripts rely on them, so a code is never
 * renamed or reused.
 */
export type ErrorCode =
  | "INPUTS_INVALID"
  | "GRANT_KEY_UNREADABLE"
  | "GRANT_KEY_UNKNOWN"
  | "GRANT_KEY_WITHOUT_ACCESS"
  | "GRANT_ENVELOPE_UNREADABLE"
  | "ENVELOPE_MISSING"
  | "ENVELOPE_UNREADABLE"
  | "DEK_REFUSED"
  | "ID_TOKEN_MISSING"
  | "FORK_WITHOUT_ID_TOKEN"
  | "ID_TOKEN_FAILED"
  | "ID_TOKEN_REFUSED"
  | "ID_TOKEN_USED"
  | "AUDIENCE_REFUSED"
  | "CLOCK_WRONG"
  | "POLICY_REFUSED"
  | "BROKER_UNAVAILABLE"
  | "APPROVAL_TIMED_OUT"
  | "APPROVAL_REFUSED"
  | "DEVICE_KEY_EXPIRED"
  | "APPROVER_KEY_UNREADABLE"
  | "APPROVER_WITHOUT_ACCESS"
  | "REQUEST_NOT_FOUND"
  | "REQUEST_AMBIGUOUS"
  | "TOKEN_REFUSED"
  | "ACCESS_REFUSED"
  | "APPLICATION_NOT_FOUND"
  | "ENVIRONMENT_NOT_FOUND"
  | "ENDPOINT_NOT_FOUND"
  | "REQUEST_REJECTED"
  | "RATE_LIMITED"
  | "SERVICE_FAILED"
  | "SERVICE_UNREACHABLE"
  | "SERVICE_REDIRECTED"
  | "PROXY_INVALID"
  | "CA_FILE_UNREADABLE"
  | "TIMED_OUT"
  | "RESPONSE_INVALID"
  | "VARIABLES_UNDECRYPTABLE"
  | "VARIABLES_AMBIGUOUS"
  | "RULES_UNMATCHED"
  | "TARGETS_CONFLICT"
  | "REQUIRED_MISSING"
  | "REFERENCES_UNRESOLVED"
  | "ENVIRONMENT_TYPE_REFUSED"
  | "COMMAND_FAILED"
  | "NAMES_REFUSED"
  | "VALUES_REFUSED"
  | "KEY_DIRECTORY_FAILED"
  | "ENV_FILE_REFUSED"
  | "ENV_FILE_FAILED"
  | "FILE_REFUSED"
  | "FILE_FAILED"
  | "STATE_FAILED"
  | "SESSION_DIRECTORY_FAILED"
  | "DEBUG_TRACE_REFUSED"
  | "MASKS_UNREADABLE"
  | "USAGE"
  | "CANCELLED"
  | "LEAK_FOUND"
  | "EXPORT_FAILED";

/**
 * The only error that is shown to people. Its message says what happened, the likely cause and the remedy, and names the input or the
 * variable. It never holds a value, a token, a key, a body or a header.
 */
export class StashError extends Error {
  readonly code: ErrorCode;
  /** the exit code of the process: that of the command in `run` or `exec`, else 1 */
  readonly exitCode: number;
  /** whether the address of the page that explains it is left out, because masks would break it */
  hidesAddress = false;

  constructor(code: ErrorCode, message: string, options: ErrorOptions & { exitCode?: number } = {}) {
    super(message, options);
    this.name = "StashError";
    this.code = code;
    this.exitCode = options.exitCode ?? 1;
  }
}

/** The system's short code for a failed call (`EACCES`, `ECONNREFUSED`), never its message. */
export function systemCode(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return typeof code === "string" && /^[A-Z0-9_]+$/.test(code) ? code : "unknown error";
}

/**
 * The title and message that a person sees. Only a StashError's message is known to be free of secrets. Any other error may quote its
 * input, as those of `JSON.parse` do, so only its name and its stack frames are shown.
 */
export function describeError(error: unknown): { title: string; message: string } {
  if (error instanceof StashError) {
    const { code, message } = error;
    const shown = error.hidesAddress ? withCode(message, code) : withReference(message, code);
    return { title: `SecretStash: ${code}`, message: shown };
  }
  const { name = "error", message = "", stack = "" } = error instanceof Error ? error : {};
  const frames = stack.slice(stack.indexOf(message) + message.length).match(/^ {4}at .*$/gm) ?? [];
  return {
    title: "SecretStash: INTERNAL",
    message: [
      `SecretStash stopped because of a bug (${printable(name)}, ${systemCode(error)}). ` +
        "Please report it together with these lines, which hold no values. [INTERNAL]",
      documentationOf("INTERNAL"),
      ...frames,
    ].join("\n"),
  };
}

/** A message, its code, and the address of the page that explains it. */
export function withReference(message: string, code: ErrorCode): string {
  return `${withCode(message, code)}\n${documentationOf(code)}`;
}

function withCode(message: string, code: ErrorCode): string {
  return `${message} [${code}]`;
}

/** The page that explains every code. */
export const errorsPage = "https://github.com/org/secret-stash-action/blob/v1/docs/errors.md";

/** docs/errors.md has a heading for each code. */
function documentationOf(code: ErrorCode | "INTERNAL"): string {
  return `${errorsPage}#${code.toLowerCase()}`;
}
