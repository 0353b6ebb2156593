import * as v from "valibot";
import { BrokerError } from "../broker-error.ts";
import type { Wanted } from "../policy/decide.ts";
import { parseStrictJson } from "../tokens/strict-json.ts";

export const MAX_BODY = 32 * 1024;

const MAX_DEPTH = 4;
const MAX_ENVIRONMENTS = 20;
const MAX_NAME = 255;

const name = v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_NAME));
const body = v.strictObject({
  token: v.pipe(v.string(), v.minLength(1)),
  public_key: v.pipe(v.string(), v.maxLength(2048)),
  environments: v.pipe(
    v.array(
      v.union([
        v.pipe(
          name,
          v.transform((slug): Wanted => ({ slug })),
        ),
        v.strictObject({ application: v.optional(name), slug: name }),
      ]),
    ),
    v.minLength(1),
    v.maxLength(MAX_ENVIRONMENTS),
  ),
  ttl_minutes: v.optional(v.pipe(v.number(), v.integer(), v.minValue(5), v.maxValue(60))),
});

/** What a job asks for, as far as its form can be checked. */
export interface GrantRequest {
  token: string;
  publicKey: string;
  environments: readonly Wanted[];
  ttlMinutes: number | undefined;
}

/** @throws {BrokerError} `request_invalid`, which says where, and quotes nothing */
export function parseGrantRequest(text: string): GrantRequest {
  let parsed: unknown;
  try {
    parsed = parseStrictJson(text, MAX_DEPTH);
  } catch (cause) {
    throw invalid(`it cannot be read: ${cause instanceof SyntaxError ? cause.message : "no text"}`, cause);
  }
  const { success, output, issues } = v.safeParse(body, parsed, { abortEarly: true });
  if (!success) throw invalid(`${placeOf(issues[0])} is missing or malformed`);
  const { token, public_key: publicKey, environments, ttl_minutes: ttlMinutes } = output;
  const names = environments.map(({ application = "", slug }) => JSON.stringify([application, slug]));
  if (new Set(names).size !== names.length) throw invalid("it names one environment twice");
  return { token, publicKey, environments, ttlMinutes };
}

/** The names of our own format alone: what else stands there was chosen by somebody else. */
function placeOf(issue: v.BaseIssue<unknown>): string {
  const keys = (issue.path ?? []).map(({ key }) => (typeof key === "number" ? "n" : String(key)));
  const isOurs = ["token", "public_key", "environments", "ttl_minutes"].includes(keys[0] ?? "");
  return isOurs ? (keys[0] as string) : "its top level";
}

export function invalid(reason: string, cause?: unknown): BrokerError {
  return new BrokerError("request_invalid", `The grant request is invalid: ${reason}.`, {
    cause,
  });
}
