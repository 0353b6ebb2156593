import type { BrokerErrorCode } from "../broker-error.ts";

/** The HTTP status of each refusal. */
export const statuses = {
  request_invalid: 400,
  audience_refused: 401,
  clock_wrong: 401,
  release_refused: 401,
  token_invalid: 401,
  dek_refused: 403,
  policy_refused: 403,
  not_found: 404,
  token_taken: 409,
  token_used: 409,
  request_too_large: 413,
  media_type_refused: 415,
  ciphertext_unreadable: 422,
  service_refused: 422,
  too_many_refusals: 429,
  internal: 500,
  listen_failed: 500,
  policy_invalid: 500,
  issuer_unavailable: 503,
  service_unavailable: 503,
  store_unavailable: 503,
} as const satisfies Record<BrokerErrorCode, number>;

/** Seconds after which the same request may succeed. */
export const retryAfter: Partial<Record<BrokerErrorCode, number>> = {
  too_many_refusals: 60,
  issuer_unavailable: 5,
  service_unavailable: 5,
  store_unavailable: 2,
};
