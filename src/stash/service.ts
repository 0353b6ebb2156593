import * as v from "valibot";
import type { Connection } from "../http/connection.ts";
import { HttpError } from "../http/http-error.ts";
import { type RequestOptions, request } from "../http/request.ts";
import { StashError } from "../lib/errors.ts";
import { listNames, printable } from "../lib/printable.ts";

/** The service, as one token sees it. */
export interface Service {
  readonly connection: Connection;
  /** of environments that are named by their slug alone */
  readonly applicationId: string;
}

/** Where an environment is. */
export interface EnvironmentPlace {
  applicationId: string;
  slug: string;
}

/** Finds an environment by its name in inputs and messages: its slug, or `application/slug` for that of another application. */
export function locateEnvironment(service: Pick<Service, "applicationId">, name: string): EnvironmentPlace {
  const slash = name.lastIndexOf("/");
  return slash < 0
    ? { applicationId: service.applicationId, slug: name }
    : { applicationId: name.slice(0, slash), slug: name.slice(slash + 1) };
}

/**
 * Calls an endpoint and parses its `data`.
 *
 * @throws {StashError} `TOKEN_REFUSED`, `ACCESS_REFUSED`, `ENDPOINT_NOT_FOUND`, `REQUEST_REJECTED`, `RATE_LIMITED`, `SERVICE_FAILED`,
 *   `RESPONSE_INVALID`, or a code of `request`
 */
export async function call<Schema extends v.GenericSchema>(
  service: Service,
  [method, path, body]: readonly ["GET" | "POST", string, unknown?],
  schema: Schema,
  options: Pick<RequestOptions, "once" | "deadline"> = {},
): Promise<v.InferOutput<Schema>> {
  const text = await send(service, { method, path, body, ...options });
  const parsed = v.safeParse(v.object({ data: schema }), parseJson(text), { abortEarly: true });
  if (parsed.success) return (parsed.output as { data: v.InferOutput<Schema> }).data;
  // The message tells where the shape is wrong, never what was found there.
  const [issue] = parsed.issues;
  const place = v.getDotPath(issue) ?? "its top level";
  const unit = Array.isArray(issue.input) ? "entries" : "characters";
  const excess = issue.type === "max_length" ? `, which has more than ${issue.requirement} ${unit}` : "";
  throw new StashError(
    "RESPONSE_INVALID",
    `The answer to ${method} ${pathOnly(path)} is not in SecretStash's format (at ${printable(place)}${excess}). ` +
      "A proxy or a login page may have answered instead. Check that api-url points at SecretStash.",
  );
}

/** Calls an endpoint whose answer does not matter: any 2xx is success. Throws as `call` does, except `RESPONSE_INVALID`. */
export async function send({ connection }: Service, options: RequestOptions): Promise<string> {
  try {
    return await request(connection, options);
  } catch (error) {
    throw error instanceof HttpError ? translate(error) : error;
  }
}

/** The HTTP status behind a translated error, for callers that know what a 404 means for them. */
export function statusOf(error: unknown): number | undefined {
  const cause = error instanceof StashError ? error.cause : undefined;
  return cause instanceof HttpError ? cause.status : undefined;
}

/** The path of an environment's endpoint. Both ids are opaque strings, which may hold any character. */
export function environmentPath(service: Service, environment: string, endpoint = ""): string {
  const { applicationId, slug } = locateEnvironment(service, environment);
  const path = `applications/${encodeURIComponent(applicationId)}/environments/${encodeURIComponent(slug)}`;
  return endpoint === "" ? path : `${path}/${endpoint}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // The schema reports it; the message of JSON.parse would quote the body.
  }
}

function translate(error: HttpError): StashError {
  const where = `${error.method} ${pathOnly(error.path)}`;
  const options = { cause: error };
  switch (error.status) {
    case 401:
      return new StashError(
        "TOKEN_REFUSED",
        "The service does not accept api-token (401). The token is mistyped, expired or revoked. " +
          "Create a new API token in SecretStash, and update the secret that api-token comes from.",
        options,
      );
    case 403:
      return new StashError(
        "ACCESS_REFUSED",
        `The service refuses ${where} (403). The account of api-token is not allowed to do this. ` +
          "Give it access in SecretStash, or use a token of another account.",
        options,
      );
    case 404:
    case 405:
      return new StashError(
        "ENDPOINT_NOT_FOUND",
        `The service has no endpoint ${where} (${error.status}). It may run another version of SecretStash, or be something else. ` +
          "Check api-url, and update the action.",
        options,
      );
    case 400:
    case 422:
      return new StashError(
        "REQUEST_REJECTED",
        `The service rejects ${where} (${error.status})${error.fields.length > 0 ? `: ${listNames(error.fields)}` : ""}. ` +
          "The input of that name may be wrong. If it is not, this version of the action may not match the service's. Update the action.",
        options,
      );
    case 429:
      return new StashError(
        "RATE_LIMITED",
        "Rate limited: this token has no requests left (429)" +
          `${error.retryAfterSeconds === undefined ? "" : `, and the service asks to wait ${error.retryAfterSeconds} s`}. ` +
          "Many jobs may share the token. Run the job again later, or give each pipeline a token of its own.",
        options,
      );
    default:
      return new StashError(
        "SERVICE_FAILED",
        `The service answered ${where} with status ${error.status}. This is a fault of the service or of a proxy in front of it. ` +
          "Run the job again. If the error repeats, check the service's status page.",
        options,
      );
  }
}

function pathOnly(path: string): string {
  return printable(path.replace(/\?.*/, ""), 200);
}
