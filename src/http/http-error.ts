/**
 * An answer other than 2xx: status, method and path, nothing else. Bodies and headers stay behind, except
 * what a message may need: how long to wait, and which fields a validation refused (names, not values).
 */
export class HttpError extends Error {
  readonly status: number;
  readonly method: string;
  readonly path: string;
  /** what `Retry-After` asks to wait */
  readonly retryAfterSeconds: number | undefined;
  /** field names of a 422 in Laravel's shape */
  readonly fields: readonly string[];

  constructor(answer: Pick<HttpError, "status" | "method" | "path" | "retryAfterSeconds" | "fields">) {
    super(`${answer.method} ${answer.path} answered ${answer.status}`);
    this.name = "HttpError";
    this.status = answer.status;
    this.method = answer.method;
    this.path = answer.path;
    this.retryAfterSeconds = answer.retryAfterSeconds;
    this.fields = answer.fields;
  }
}
