import http from "node:http";
import type https from "node:https";
import { StashError } from "../lib/errors.ts";
import { createServerClock, type ServerClock } from "./server-clock.ts";

/** When everything that belongs together must be over, retries and pauses included. */
export interface Deadline {
  readonly signal: AbortSignal;
  millisecondsLeft(): number;
}

/** One origin, one token, one deadline: everything the requests of a session share. */
export interface Connection {
  /** without a trailing slash and without `/api` */
  readonly apiUrl: URL;
  /** sent to `apiUrl`'s origin alone */
  readonly apiToken: string;
  readonly agent: http.Agent;
  readonly clock: ServerClock;
  /** what is left of the token's requests, as the last answer told it */
  readonly limit: { remaining: number | undefined };
  readonly deadline: Deadline;
  /** aborted when the job is being ended */
  readonly cancelled: AbortSignal | undefined;
  readonly timeoutSeconds: number;
  readonly userAgent: string;
  /** tells people why nothing happens for a while */
  say(message: string): void;
  /** tells those who look for a fault what was asked and answered */
  debug(message: string): void;
}

/**
 * Opens nothing yet: the first request connects, later ones reuse the socket. The agent reads `HTTPS_PROXY`,
 * `HTTP_PROXY` and `NO_PROXY` from `environment` (`proxyEnv`, Node 22.21 and 24.5).
 *
 * @throws {StashError} `PROXY_INVALID`
 */
export function createConnection(
  options: Pick<Connection, "apiUrl" | "apiToken" | "timeoutSeconds" | "userAgent" | "say" | "debug"> & {
    environment: NodeJS.ProcessEnv;
    /** PEM of authorities to trust besides Node's own and those of NODE_EXTRA_CA_CERTS */
    authorities?: string | undefined;
    /** ends the requests at once */
    cancelled?: AbortSignal | undefined;
  },
): Connection {
  const { environment, authorities, cancelled, ...given } = options;
  const rest = { ...given, clock: createServerClock(), limit: { remaining: undefined }, cancelled };
  const { Agent } = moduleFor(rest.apiUrl);
  const agent = createAgent(
    () =>
      new Agent({
        keepAlive: true,
        proxyEnv: environment,
        // Said outright, so that NODE_TLS_REJECT_UNAUTHORIZED or NODE_OPTIONS, set by another step, cannot weaken them.
        rejectUnauthorized: true,
        minVersion: "TLSv1.2",
        ...(authorities !== undefined && { ca: [...defaultAuthorities(), authorities] }),
      }),
  );
  return { ...rest, agent, deadline: createDeadline(rest.timeoutSeconds, cancelled) };
}

/** TLS takes half as long to load as Node to start, so that only those load it who speak it. */
export function moduleFor({ protocol }: URL): typeof http | typeof https {
  return protocol === "https:" ? process.getBuiltinModule("node:https") : http;
}

function defaultAuthorities(): string[] {
  return process.getBuiltinModule("node:tls").getCACertificates("default");
}

/** The same connection with a deadline that starts anew, for what a session does after its own has been spent on waiting. */
export function renewDeadline(connection: Connection, timeoutSeconds: number): Connection {
  return { ...connection, timeoutSeconds, deadline: createDeadline(timeoutSeconds, connection.cancelled) };
}

function createDeadline(seconds: number, cancelled: AbortSignal | undefined): Deadline {
  const endsAt = performance.now() + seconds * 1000;
  const timeout = AbortSignal.timeout(seconds * 1000);
  return {
    signal: cancelled ? AbortSignal.any([timeout, cancelled]) : timeout,
    millisecondsLeft: () => endsAt - performance.now(),
  };
}

function createAgent(create: () => http.Agent): http.Agent {
  try {
    return create();
  } catch (cause) {
    throw new StashError(
      "PROXY_INVALID",
      "The proxy that the environment names cannot be used: its address is malformed. Correct HTTPS_PROXY or HTTP_PROXY, or " +
        "name the service's host in NO_PROXY.",
      { cause },
    );
  }
}
