/** What the broker refuses, in the words of its answers (docs/broker.md). The code is API. */
export type BrokerErrorCode =
  | "audience_refused"
  | "ciphertext_unreadable"
  | "clock_wrong"
  | "dek_refused"
  | "internal"
  | "issuer_unavailable"
  | "listen_failed"
  | "media_type_refused"
  | "not_found"
  | "policy_invalid"
  | "policy_refused"
  | "release_refused"
  | "request_invalid"
  | "request_too_large"
  | "service_refused"
  | "service_unavailable"
  | "store_unavailable"
  | "token_invalid"
  | "token_taken"
  | "token_used"
  | "too_many_refusals";

/** An error whose message is for whoever runs the broker or the job. It never holds a token, a key or a value. */
export class BrokerError extends Error {
  readonly code: BrokerErrorCode;
  /** the rule of the policy that it is about */
  readonly rule: string | undefined;

  constructor(
    code: BrokerErrorCode,
    message: string,
    { rule, ...options }: ErrorOptions & { rule?: string } = {},
  ) {
    super(message, options);
    this.code = code;
    this.rule = rule;
  }
}
