import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import { StashError, systemCode } from "../errors.ts";
import type { Connection } from "./connection.ts";
import { HttpError } from "./http-error.ts";

const MAX_BODY_BYTES = 64 * 1024 * 1024;

/**
 * The one request function.
 *
 * @param path below `/api/`, already percent-encoded
 * @returns the body of a 2xx answer as text
 * @throws {HttpError} for any other status
 * @throws {StashError} `TIMED_OUT`, `SERVICE_UNREACHABLE`, `SERVICE_REDIRECTED`, `RESPONSE_INVALID`
 */
export async function request(
  connection: Connection,
  method: "GET" | "POST" | "DELETE",
  path: string,
  body?: unknown,
): Promise<string> {
  let response: IncomingMessage;
  let text: string;
  try {
    response = await send(connection, method, path, body === undefined ? undefined : JSON.stringify(body));
    connection.clock.observe(response.headers.date);
    connection.limit.remaining = parseCount(headerText(response.headers["x-ratelimit-remaining"]));
    text = await readBody(response);
  } catch (error) {
    throw error instanceof StashError ? error : unanswered(connection, error);
  }
  const status = response.statusCode ?? 0;
  if (status >= 200 && status < 300) return text;
  if (status >= 300 && status < 400) throw redirected(connection, status);
  const retryAfterSeconds = parseCount(response.headers["retry-after"]);
  // The query is left out: ids are not secret, but an error names the endpoint, not the call.
  throw new HttpError({
    status,
    method,
    path: path.replace(/\?.*/, ""),
    retryAfterSeconds,
    fields: fieldsOf(text),
  });
}

function send(
  connection: Connection,
  method: string,
  path: string,
  body: string | undefined,
): Promise<IncomingMessage> {
  const { apiUrl, apiToken, agent, deadline, userAgent } = connection;
  const { request: open } = apiUrl.protocol === "https:" ? https : http;
  const headers: http.OutgoingHttpHeaders = {
    Authorization: `Bearer ${apiToken}`,
    Accept: "application/json",
    "Content-Type": "application/json",
    "User-Agent": userAgent,
    ...(body !== undefined && { "Content-Length": Buffer.byteLength(body) }),
  };
  return new Promise((resolve, reject) => {
    open(`${apiUrl.href.replace(/\/+$/, "")}/api/${path}`, { method, headers, agent, signal: deadline })
      .on("response", resolve)
      .on("error", reject)
      .end(body);
  });
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) {
      throw new StashError(
        "RESPONSE_INVALID",
        "The service's answer is larger than 64 MB, which no environment is. Check that api-url points at SecretStash.",
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function unanswered({ apiUrl, deadline, timeoutSeconds }: Connection, error: unknown): StashError {
  if (deadline.aborted) {
    return new StashError(
      "TIMED_OUT",
      `The service at ${apiUrl.host} did not answer within the session's ${timeoutSeconds} s. It may be down, or a ` +
        "firewall drops the connection. Check api-url and the runner's network, or raise timeout.",
      { cause: error },
    );
  }
  return new StashError(
    "SERVICE_UNREACHABLE",
    `The service at ${apiUrl.host} cannot be reached (${systemCode(error)}). Check api-url, DNS, the runner's network, ` +
      "and HTTPS_PROXY and NO_PROXY where there is a proxy.",
    { cause: error },
  );
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
