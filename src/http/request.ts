import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
import { StringDecoder } from "node:string_decoder";
import { printable, StashError, systemCode } from "../lib/errors.ts";
import { type Connection, moduleFor } from "./connection.ts";
import { HttpError } from "./http-error.ts";
import { isTransient, isUnprocessed, spareLimit, waitToRetry } from "./retry.ts";

const REQUEST_SECONDS = 10;
const MAX_BODY_BYTES = 64 * 1024 * 1024;

export interface RequestOptions {
  method: "GET" | "POST" | "DELETE";
  /** below `/api/`, already percent-encoded */
  path: string;
  body?: unknown;
  /** a second one would do something again: repeated only where the first was surely not looked at */
  once?: boolean;
}

/**
 * The one request function. A failure that may pass is tried again, within the session's deadline.
 *
 * @returns the body of a 2xx answer as text
 * @throws {HttpError} for any other status
 * @throws {StashError} `TIMED_OUT`, `SERVICE_UNREACHABLE`, `SERVICE_REDIRECTED`, `RESPONSE_INVALID`
 */
export async function request(connection: Connection, options: RequestOptions): Promise<string> {
  let faults = 0; // being asked to wait is none
  for (;;) {
    await spareLimit(connection);
    try {
      return await requestOnce(connection, options);
    } catch (error) {
      const mayPass = (options.once ? isUnprocessed : isTransient)(error);
      if (!(error instanceof HttpError && error.retryAfterSeconds !== undefined)) faults += 1;
      if (!(error instanceof HttpError)) {
        connection.debug(`${options.method} ${printable(options.path)}: no answer (${systemCode(error)}).`);
      }
      const isOver = connection.deadline.signal.aborted;
      if (!isOver && mayPass && (await waitToRetry(connection, error, faults))) continue;
      throw error instanceof StashError || error instanceof HttpError ? error : unanswered(connection, error);
    }
  }
}

async function requestOnce(connection: Connection, { method, path, body }: RequestOptions): Promise<string> {
  const { deadline, clock, limit } = connection;
  const signal = AbortSignal.any([deadline.signal, AbortSignal.timeout(REQUEST_SECONDS * 1000)]);
  const text = body === undefined ? undefined : JSON.stringify(body);
  const start = performance.now();
  const response = await send(connection, method, path, text, signal);
  clock.observe(response.headers.date);
  limit.remaining = parseCount(headerText(response.headers["x-ratelimit-remaining"]));
  const answer = await readBody(response);
  const status = response.statusCode ?? 0;
  const id = headerText(response.headers["x-request-id"]);
  connection.debug(
    `${method} ${printable(path)}: ${status} after ${(performance.now() - start).toFixed(0)} ms` +
      `${id === undefined ? "" : `, request id ${printable(id)}`}.`,
  );
  if (status >= 200 && status < 300) return answer;
  if (status >= 300 && status < 400) throw redirected(connection, status);
  const retryAfterSeconds = parseRetryAfter(response.headers["retry-after"], clock.now());
  // The query is left out: ids are not secret, but an error names the endpoint, not the call.
  const fields = fieldsOf(answer);
  throw new HttpError({ status, method, path: path.replace(/\?.*/, ""), retryAfterSeconds, fields });
}

function send(
  connection: Connection,
  method: string,
  path: string,
  body: string | undefined,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { apiUrl, apiToken, agent, userAgent } = connection;
  const { request: open } = moduleFor(apiUrl);
  const headers: OutgoingHttpHeaders = {
    Authorization: `Bearer ${apiToken}`,
    Accept: "application/json",
    "Content-Type": "application/json",
    "User-Agent": userAgent,
    ...(body !== undefined && { "Content-Length": Buffer.byteLength(body) }),
  };
  return new Promise((resolve, reject) => {
    open(`${apiUrl.href.replace(/\/+$/, "")}/api/${path}`, { method, headers, agent, signal })
      .on("response", resolve)
      .on("error", reject)
      .end(body);
  });
}

async function readBody(response: IncomingMessage): Promise<string> {
  const decoder = new StringDecoder("utf8"); // as it comes: bytes and text of all of it at once would be twice as much
  let text = "";
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) {
      throw new StashError(
        "RESPONSE_INVALID",
        "The service's answer is larger than 64 MB, which no environment is. Check that api-url points at SecretStash.",
      );
    }
    text += decoder.write(chunk);
  }
  return text + decoder.end();
}

function unanswered({ apiUrl, deadline, timeoutSeconds }: Connection, error: unknown): StashError {
  if (deadline.signal.aborted) {
    return new StashError(
      "TIMED_OUT",
      `The service at ${apiUrl.host} did not answer within the session's ${timeoutSeconds} s. It may be down, or a ` +
        "firewall drops the connection. Check api-url and the runner's network, or raise timeout.",
      { cause: error },
    );
  }
  return new StashError(
    "SERVICE_UNREACHABLE",
    `The service at ${apiUrl.host} cannot be reached (${systemCode(error)}). ${remedyFor(systemCode(error))}`,
    { cause: error },
  );
}

/** What usually is behind a failed connection. */
function remedyFor(code: string): string {
  if (/^(ENOTFOUND|EAI_)/.test(code))
    return "Its name does not resolve: check api-url, and DNS on the runner.";
  if (/CERT|SIGNATURE|ISSUER|SSL|TLS/.test(code)) {
    return "Its certificate is not trusted: check api-url; where the network has an authority of its own, name its certificate in ca-file.";
  }
  if (code === "ABORT_ERR")
    return `Requests were given up after ${REQUEST_SECONDS} s each. It may be overloaded: run the job again later.`;
  return "Check api-url, the runner's network, and HTTPS_PROXY and NO_PROXY where there is a proxy.";
}

function redirected({ apiUrl }: Connection, status: number): StashError {
  return new StashError(
    "SERVICE_REDIRECTED",
    `The service at ${apiUrl.host} answered with a redirect (${status}), which is not followed, so that the token goes ` +
      "nowhere else. A login page of the network may have answered, or the service has moved: check the runner's network, then api-url.",
  );
}

function headerText(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

/** Seconds, or an HTTP date by the service's clock (RFC 9110 section 10.2.3). */
function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  const seconds = parseCount(header);
  if (seconds !== undefined || header === undefined) return seconds;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - now) / 1000));
}

function parseCount(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,6}$/.test(header) ? Number(header) : undefined;
}

function fieldsOf(body: string): string[] {
  try {
    const { errors } = JSON.parse(body) as { errors?: unknown };
    return typeof errors === "object" && errors !== null ? Object.keys(errors) : [];
  } catch {
    return []; // missing, HTML, or truncated: the status alone has to do
  }
}
