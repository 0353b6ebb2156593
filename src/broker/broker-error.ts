/** What the broker refuses, in the words of its answers (docs/broker.md). The code is API. */
export type BrokerErrorCode =
  | "ciphertext_unreadable"
  | "issuer_unavailable"
  | "policy_invalid"
  | "policy_refused"
  | "token_invalid";

/** An error whose message is for whoever runs the broker or the job. It never holds a token, a key or a value. */
export class BrokerError extends Error {
  readonly code: BrokerErrorCode;

  constructor(code: BrokerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
