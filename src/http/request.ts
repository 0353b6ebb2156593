import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
import { StringDecoder } from "node:string_decoder";
import { StashError, systemCode } from "../lib/errors.ts";
import { printable } from "../lib/printable.ts";
import { type Connection, moduleFor, nameInSentence, type Peer } from "./connection.ts";
import { type Deadline, startDeadline } from "./deadline.ts";
import { HttpError } from "./http-error.ts";
import { isTransient, isUnprocessed, throttle, waitToRetry } from "./retry.ts";

const ATTEMPT_SECONDS = 10;
const MAX_BODY_BYTES = 64 * 1024 * 1024;

export interface RequestOptions {
  method: "GET" | "POST" | "DELETE";
  /** below the connection's address, already percent-encoded */
  path: string;
  /** instead of the connection's */
  token?: string;
  body?: unknown;
  /** Not idempotent: retried only if the server certainly did not process it. */
  once?: boolean;
  /** for requests that have to end together; by default the connection's */
  deadline?: Deadline;
}

/**
 * Sends one request and retries transient failures until its deadline.
 *
 * @returns the body of a 2xx answer
 * @throws {HttpError} for any other status
 * @throws {StashError} `TIMED_OUT`, `SERVICE_UNREACHABLE`, `SERVICE_REDIRECTED`, `RESPONSE_INVALID`
 */
export async function request(connection: Connection, options: RequestOptions): Promise<string> {
  const deadline =
    options.deadline ?? connection.deadline ?? startDeadline(connection.timeoutSeconds, connection.cancelled);
  let faults = 0; // A request to wait is not counted.
  for (;;) {
    await throttle(connection, deadline);
    try {
      return await attempt(connection, options, deadline);
    } catch (error) {
      if (!(error instanceof HttpError && error.retryAfterSeconds !== undefined)) faults += 1;
      if (!(error instanceof HttpError)) {
        connection.debug(`${options.method} ${printable(options.path)}: no answer (${systemCode(error)}).`);
      }
      const mayRetry = mayRetryAfter(connection, options, error) && !deadline.signal.aborted;
      if (mayRetry && (await waitToRetry(connection, deadline, error, faults))) continue;
      if (error instanceof StashError || error instanceof HttpError) throw error;
      throw unanswered(connection, deadline, error);
    }
  }
}

function mayRetryAfter({ peer }: Connection, { once }: RequestOptions, error: unknown): boolean {
  if (once) return isUnprocessed(error);
  const isBusy = error instanceof HttpError && peer.isBusy?.(error.status, error.problem?.message ?? "");
  return isBusy || isTransient(error);
}

async function attempt(
  connection: Connection,
  { method, path, body, token = connection.token }: RequestOptions,
  deadline: Deadline,
): Promise<string> {
  const { clock, limit } = connection;
  const signal = AbortSignal.any([deadline.signal, AbortSignal.timeout(ATTEMPT_SECONDS * 1000)]);
  const text = body === undefined ? undefined : JSON.stringify(body);
  const start = performance.now();
  const response = await send(connection, { method, path, body: text, token }, signal);
  clock.observe(response.headers.date);
  limit.remaining = parseCount(headerText(response.headers["x-ratelimit-remaining"]));
  const answer = await readBody(response, connection.peer);
  const status = response.statusCode ?? 0;
  const id = headerText(response.headers["x-request-id"]);
  connection.debug(
    `${method} ${printable(path)}: ${status} after ${(performance.now() - start).toFixed(0)} ms` +
      `${id === undefined ? "" : `, request id ${printable(id)}`}.`,
  );
  if (status >= 200 && status < 300) return answer;
  if (status >= 300 && status < 400) throw redirected(connection, status);
  const retryAfterSeconds = parseRetryAfter(response.headers["retry-after"], clock.now());
  // The query is left out: an error names the endpoint, not the call.
  const { fields, problem } = readRefusal(answer);
  throw new HttpError({
    ...{ status, method, path: path.replace(/\?.*/, ""), retryAfterSeconds, fields },
    problem: connection.peer.showsMessages ? problem : undefined,
  });
}

function send(
  connection: Connection,
  { method, path, body, token }: { method: string; path: string; body: string | undefined; token: string },
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { baseUrl, agent, userAgent } = connection;
  const { request: open } = moduleFor(baseUrl);
  const headers: OutgoingHttpHeaders = {
    ...(token !== "" && { Authorization: `Bearer ${token}` }),
    Accept: "application/json",
    "Content-Type": "application/json",
    "User-Agent": userAgent,
    ...(body !== undefined && { "Content-Length": Buffer.byteLength(body) }),
  };
  return new Promise((resolve, reject) => {
    open(`${baseUrl.href}${path}`, { method, headers, agent, signal })
      .on("response", resolve)
      .on("upgrade", (_, socket) => {
        socket.destroy();
        reject(switchedProtocols(connection));
      })
      .on("error", reject)
      .end(body);
  });
}

async function readBody(response: IncomingMessage, { name, setting, product }: Peer): Promise<string> {
  const decoder = new StringDecoder("utf8"); // Decodes chunk by chunk: all bytes and all text at once would take twice the memory.
  let text = "";
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) {
      throw new StashError(
        "RESPONSE_INVALID",
        `${name}'s answer is larger than 64 MB, more than any environment needs. Check that ${setting} points at ${product}.`,
      );
    }
    text += decoder.write(chunk);
  }
  return text + decoder.end();
}

function unanswered(
  { baseUrl, peer }: Connection,
  { signal, seconds }: Deadline,
  error: unknown,
): StashError {
  if (signal.aborted) {
    return new StashError(
      "TIMED_OUT",
      `${peer.name} at ${baseUrl.host} did not answer within ${seconds} s, retries included. It may be down, or a firewall may be dropping ` +
        `the connection. Check ${peer.setting} and the runner's network, or raise timeout.`,
      { cause: error },
    );
  }
  return new StashError(
    "SERVICE_UNREACHABLE",
    `${peer.name} at ${baseUrl.host} cannot be reached (${systemCode(error)}). ${remedyFor(systemCode(error), peer.setting)}`,
    { cause: error },
  );
}

/** The usual cause of a failed connection, and what to do about it. */
function remedyFor(code: string, setting: string): string {
  if (/^(ENOTFOUND|EAI_)/.test(code))
    return `Its name does not resolve. Check ${setting}, and DNS on the runner.`;
  if (/CERT|SIGNATURE|ISSUER|SSL|TLS/.test(code)) {
    return `Its certificate is not trusted. Check ${setting}. If your network has its own certificate authority, set ca-file to its certificate.`;
  }
  if (code === "ABORT_ERR") {
    return `Each attempt was abandoned after ${ATTEMPT_SECONDS} s. It may be overloaded. Run the job again later.`;
  }
  return `Check ${setting} and the runner's network, and HTTPS_PROXY and NO_PROXY if there is a proxy.`;
}

/** 101, which nobody asked for. Neither `response` nor `error` would ever come after it. */
function switchedProtocols({ baseUrl, peer }: Connection): StashError {
  return new StashError(
    "RESPONSE_INVALID",
    `${peer.name} at ${baseUrl.host} answered with a switch of protocols (101), which this action never asks for. Check that ${peer.setting} ` +
      `points at ${peer.product}, and the proxy in front of it.`,
  );
}

function redirected({ baseUrl, peer }: Connection, status: number): StashError {
  return new StashError(
    "SERVICE_REDIRECTED",
    `${peer.name} at ${baseUrl.host} answered with a redirect (${status}). Redirects are not followed, so that the token is not sent ` +
      `anywhere else. A login page of the network may have answered, or ${nameInSentence(peer)} has moved. Check the runner's network, then ${peer.setting}.`,
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

/** The names of the fields that a validation refused, and the words of a refusal: nothing else of a body is kept. */
function readRefusal(body: string): Pick<HttpError, "fields" | "problem"> {
  try {
    const { errors, code, message, request_id } = Object(JSON.parse(body)) as Record<string, unknown>;
    const textOf = (value: unknown) => (typeof value === "string" ? value : "");
    return {
      fields: typeof errors === "object" && errors !== null ? Object.keys(errors) : [],
      problem: { code: textOf(code), message: textOf(message), requestId: textOf(request_id) },
    };
  } catch {
    return { fields: [], problem: undefined }; // The body is missing, HTML, or truncated; the status alone has to do.
  }
}
