/** Why a peer refused a request, in its own words. */
export interface Problem {
  code: string;
  message: string;
  /** under which the peer's log has the request; empty if it did not say */
  requestId: string;
}

/**
 * An answer with a status other than 2xx. It holds the status, method and path, and what a message may need: how long to wait, and the
 * names (not the values) of the fields that a validation refused. The body and all other headers are dropped.
 */
export class HttpError extends Error {
  readonly status: number;
  readonly method: string;
  readonly path: string;
  /** from `Retry-After` */
  readonly retryAfterSeconds: number | undefined;
  /** field names of a 422 in Laravel's format */
  readonly fields: readonly string[];
  /** the code and the words with which a peer refuses, if it is one whose words are shown */
  readonly problem: Problem | undefined;

  constructor(
    answer: Pick<HttpError, "status" | "method" | "path" | "retryAfterSeconds" | "fields" | "problem">,
  ) {
    super(`${answer.method} ${answer.path} answered ${answer.status}`);
    this.name = "HttpError";
    this.status = answer.status;
    this.method = answer.method;
    this.path = answer.path;
    this.retryAfterSeconds = answer.retryAfterSeconds;
    this.fields = answer.fields;
    this.problem = answer.problem;
  }
}
