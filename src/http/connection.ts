import http from "node:http";
import https from "node:https";
import { StashError } from "../errors.ts";
import { createServerClock, type ServerClock } from "./server-clock.ts";

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
  /** ends every request of the session, body included */
  readonly deadline: AbortSignal;
  /** aborted when the job is being ended */
  readonly cancelled: AbortSignal | undefined;
  readonly timeoutSeconds: number;
  readonly userAgent: string;
}

/**
 * Opens nothing yet: the first request connects, later ones reuse the socket. The agent reads `HTTPS_PROXY`,
 * `HTTP_PROXY` and `NO_PROXY` from `environment` (`proxyEnv`, Node 22.21 and 24.5).
 */
export function createConnection(
  options: Pick<Connection, "apiUrl" | "apiToken" | "timeoutSeconds" | "userAgent"> & {
    environment: NodeJS.ProcessEnv;
    /** ends the requests at once */
    cancelled?: AbortSignal;
  },
): Connection {
  const { environment, cancelled, ...given } = options;
  const rest = { ...given, clock: createServerClock(), limit: { remaining: undefined }, cancelled };
  const { Agent } = rest.apiUrl.protocol === "https:" ? https : http;
  const agent = createAgent(
    () =>
      // Said outright, so that NODE_TLS_REJECT_UNAUTHORIZED, set by another step, cannot send the token to a stranger.
      new Agent({ keepAlive: true, proxyEnv: environment, rejectUnauthorized: true }),
  );
  return { ...rest, agent, deadline: createDeadline(rest.timeoutSeconds, cancelled) };
}

/** The same connection with a deadline that starts anew, for what a session does after its own has been spent on waiting. */
export function renewDeadline(connection: Connection, timeoutSeconds: number): Connection {
  return { ...connection, timeoutSeconds, deadline: createDeadline(timeoutSeconds, connection.cancelled) };
}

function createDeadline(seconds: number, cancelled: AbortSignal | undefined): AbortSignal {
  const deadline = AbortSignal.timeout(seconds * 1000);
  return cancelled ? AbortSignal.any([deadline, cancelled]) : deadline;
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
