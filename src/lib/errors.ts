/**
 * Every way a session can fail. The codes are API: tests, docs and users' scripts rely on them,
 * so a code is never renamed or reused.
 */
export type ErrorCode =
  | "INPUTS_INVALID"
  | "GRANT_KEY_UNREADABLE"
  | "GRANT_KEY_UNKNOWN"
  | "GRANT_KEY_WITHOUT_ACCESS"
  | "GRANT_ENVELOPE_UNREADABLE"
  | "ENVELOPE_MISSING"
  | "ENVELOPE_UNREADABLE"
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
  | "STATE_FAILED"
  | "SESSION_DIRECTORY_FAILED"
  | "DEBUG_TRACE_REFUSED"
  | "MASKS_UNREADABLE"
  | "USAGE"
  | "CANCELLED"
  | "LEAK_FOUND"
  | "EXPORT_FAILED";

/**
 * The one error that reaches people. Its message says what happened, the likely cause and the
 * remedy, and names the input or variable. It never holds a value, a token, a key, a body or a header.
 */
export class StashError extends Error {
  readonly code: ErrorCode;
  /** what the process should end with: a command's own exit code, else 1 */
  readonly exitCode: number;

  constructor(code: ErrorCode, message: string, options: ErrorOptions & { exitCode?: number } = {}) {
    super(message, options);
    this.name = "StashError";
    this.code = code;
    this.exitCode = options.exitCode ?? 1;
  }
}

/**
 * Foreign text (a name from the server, a path) made safe to print: only characters that mean nothing to a CI log
 * survive. `::set-env`, `##vso[`, ANSI escapes and line breaks are workflow commands or terminal control in disguise,
 * so `[`, a `#` that doubles, a colon that begins or doubles, and everything outside printable ASCII are shown as `\u{hex}`.
 */
export function printable(text: string, limit = 120): string {
  if (text === "") return '""';
  const shown = Array.from(text.slice(0, limit))
    .map((character, index, all) =>
      isHarmless(character, all[index - 1]) ? character : escapeCharacter(character),
    )
    .join("");
  return text.length > limit ? `${shown}…` : shown;
}

function isHarmless(character: string, previous: string | undefined): boolean {
  if (character === ":") return previous !== undefined && previous !== ":";
  if (character === "#") return previous !== "#";
  return /[\w .,/\\()@+=~<>?!'"*&-]/.test(character);
}

function escapeCharacter(character: string): string {
  return `\\u{${character.codePointAt(0)?.toString(16)}}`;
}

/** `a, b and 3 more`: names in a message, safe to print and never a wall of text. */
export function listNames(names: readonly string[], limit = 20): string {
  const shown = names.slice(0, limit).map((name) => printable(name));
  const more = names.length - shown.length;
  return more > 0 ? `${shown.join(", ")} and ${more} more` : shown.join(", ");
}

/** Lines of a message, never a wall of them. */
export function joinLines(lines: readonly string[], limit = 20): string {
  const more = lines.length - limit;
  return [...lines.slice(0, limit), ...(more > 0 ? [`- and ${more} more`] : [])].join("\n");
}

/** The system's own short code of a failed call (`EACCES`, `ECONNREFUSED`), never its message. */
export function systemCode(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return typeof code === "string" && /^[A-Z0-9_]+$/.test(code) ? code : "unknown error";
}

/**
 * What a person sees of an error. Only a StashError's message is known to be clean: any other error's message may quote
 * what it choked on (`JSON.parse` does), so its name and stack frames have to do.
 */
export function describeError(error: unknown): { title: string; message: string } {
  if (error instanceof StashError) {
    const { code, message } = error;
    return { title: `SecretStash: ${code}`, message: withReference(message, code) };
  }
  const { name = "error", message = "", stack = "" } = error instanceof Error ? error : {};
  const frames = stack.slice(stack.indexOf(message) + message.length).match(/^ {4}at .*$/gm) ?? [];
  return {
    title: "SecretStash: INTERNAL",
    message: [
      `The action stopped at a fault of its own (${printable(name)}, ${systemCode(error)}). ` +
        "Please report it with these lines, which hold no values. [INTERNAL]",
      explanationOf("INTERNAL"),
      ...frames,
    ].join("\n"),
  };
}

/** A message with its code, and below it where more is said. */
export function withReference(message: string, code: ErrorCode): string {
  return `${message} [${code}]\n${explanationOf(code)}`;
}

/** Where more is said of an error: docs/errors.md has a heading for each code. */
function explanationOf(code: ErrorCode | "INTERNAL"): string {
  return `https://github.com/org/secret-stash-action/blob/v1/docs/errors.md#${code.toLowerCase()}`;
}
