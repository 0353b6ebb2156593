import * as v from "valibot";
import { listNames, printable, StashError } from "../lib/errors.ts";
import type { Connection } from "../http/connection.ts";
import { HttpError } from "../http/http-error.ts";
import { type RequestOptions, request } from "../http/request.ts";

/** One application on the service, seen through one token. */
export interface Service {
  readonly connection: Connection;
  readonly applicationId: string;
}

/**
 * Calls an endpoint and parses its `data`.
 *
 * @throws {StashError} any of the service's codes, or `RESPONSE_INVALID`
 */
export async function call<Schema extends v.GenericSchema>(
  service: Service,
  [method, path, body]: readonly ["GET" | "POST", string, unknown?],
  schema: Schema,
  options: { once?: boolean } = {},
): Promise<v.InferOutput<Schema>> {
  const text = await send(service, { method, path, body, ...options });
  const parsed = v.safeParse(v.object({ data: schema }), parseJson(text), { abortEarly: true });
  if (parsed.success) return (parsed.output as { data: v.InferOutput<Schema> }).data;
  // Only where the shape broke is told, never what stood there.
  const [issue] = parsed.issues;
  const place = v.getDotPath(issue) ?? "its top level";
  const excess = issue.type === "max_length" ? `, which has more than ${issue.requirement} entries` : "";
  throw new StashError(
    "RESPONSE_INVALID",
    `${method} ${pathOnly(path)} did not answer in SecretStash's format (at ${printable(place)}${excess}). ` +
      "A proxy or a login page may have answered instead. Check that api-url points at SecretStash.",
  );
}

/** Calls an endpoint whose answer is not looked at: any 2xx is success. Throws as `call` does. */
export async function send({ connection }: Service, options: RequestOptions): Promise<string> {
  try {
    return await request(connection, options);
  } catch (error) {
    throw error instanceof HttpError ? translate(error) : error;
  }
}

/** The status behind a translated error, for the callers that know what a 404 means where they ask. */
export function statusOf(error: unknown): number | undefined {
  const cause = error instanceof StashError ? error.cause : undefined;
  return cause instanceof HttpError ? cause.status : undefined;
}

/** The path of an environment's endpoint; both ids are opaque strings that may hold anything. */
export function environmentPath({ applicationId }: Service, environment: string, endpoint = ""): string {
  const path = `applications/${encodeURIComponent(applicationId)}/environments/${encodeURIComponent(environment)}`;
  return endpoint === "" ? path : `${path}/${endpoint}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the schema says where the shape broke; JSON.parse's own message quotes the body
  }
}

function translate(error: HttpError): StashError {
  const where = `${error.method} ${pathOnly(error.path)}`;
  const options = { cause: error };
  switch (error.status) {
    case 401:
      return new StashError(
        "TOKEN_REFUSED",
        "The service does not accept api-token (401). It is mistyped, expired or revoked. " +
          "Make a new API token in SecretStash and update the secret that api-token comes from.",
        options,
      );
    case 403:
      return new StashError(
        "ACCESS_REFUSED",
        `The service refuses ${where} (403). The account behind api-token is not allowed to do this there. ` +
          "Give it access in SecretStash, or use another account's token.",
        options,
      );
    case 404:
    case 405:
      return new StashError(
        "ENDPOINT_NOT_FOUND",
        `The service does not know ${where} (${error.status}). It may be of another version, or not SecretStash at all. ` +
          "Check api-url, and update the action.",
        options,
      );
    case 400:
    case 422:
      return new StashError(
        "REQUEST_REJECTED",
        `The service rejects ${where} (${error.status})${error.fields.length > 0 ? `: ${listNames(error.fields)}` : ""}. ` +
          "An input of that name may be wrong; if none is, this version of the action may not fit the service's. Update it.",
        options,
      );
    case 429:
      return new StashError(
        "RATE_LIMITED",
        "The service's request limit for this token is used up (429)" +
          `${error.retryAfterSeconds === undefined ? "" : `; it asks to wait ${error.retryAfterSeconds} s`}. ` +
          "Many jobs may share the token. Run the job again later, or give each pipeline a token of its own.",
        options,
      );
    default:
      return new StashError(
        "SERVICE_FAILED",
        `The service answered ${where} with status ${error.status}. This is a fault of the service or of a proxy before it. ` +
          "Run the job again; if it repeats, look at the service's status page.",
        options,
      );
  }
}

function pathOnly(path: string): string {
  return printable(path.replace(/\?.*/, ""), 200);
}
