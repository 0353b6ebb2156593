import http from "node:http";
import type https from "node:https";
import { StashError } from "../lib/errors.ts";
import { isLoopback } from "../lib/loopback.ts";
import type { Deadline } from "./deadline.ts";
import { createServerClock, type ServerClock } from "./server-clock.ts";

/** Who is at the other end, for messages, and what of its answers is believed. */
export interface Peer {
  /** as the subject of a sentence */
  readonly name: string;
  /** the input that names its address */
  readonly setting: string;
  /** what is expected at that address */
  readonly product: string;
  /** whether messages show the words with which it refuses */
  readonly showsMessages: boolean;
  /** whether an answer is transient, beyond the usual statuses */
  isBusy?(status: number, message: string): boolean;
}

/** A peer's name in the middle of a sentence. */
export function nameInSentence({ name }: Peer): string {
  return name.replace(/^The /, "the ");
}

/** One origin and one token: everything that the requests of a session share. */
export interface Connection {
  readonly peer: Peer;
  /** below which the paths of requests are */
  readonly baseUrl: URL;
  /** sent to the origin of `baseUrl` only; empty if there is none */
  readonly token: string;
  readonly agent: http.Agent;
  readonly clock: ServerClock;
  /** how many requests the token has left, according to the last answer */
  readonly limit: { remaining: number | undefined };
  /** how long one request may take, retries and pauses included */
  readonly timeoutSeconds: number;
  /** by when all requests have to be answered; without it, each has `timeoutSeconds` to itself */
  readonly deadline?: Deadline;
  /** aborted when the job is being cancelled */
  readonly cancelled: AbortSignal | undefined;
  readonly userAgent: string;
  /** tells people why nothing happens for a while */
  say(message: string): void;
  /** logs each request and its answer for whoever is looking for a fault */
  debug(message: string): void;
}

/**
 * Creates a connection without opening it: the first request connects, later ones reuse the socket. The agent reads `HTTPS_PROXY`,
 * `HTTP_PROXY` and `NO_PROXY` from `environment` (`proxyEnv`, Node 22.21 and 24.5), but loopback is never reached through a proxy, which
 * would be on another machine and could read `http:`.
 *
 * @throws {StashError} `PROXY_INVALID`
 */
export function createConnection(
  options: Pick<Connection, "peer" | "baseUrl" | "token" | "timeoutSeconds" | "userAgent" | "say" | "debug"> &
    Route & { cancelled?: AbortSignal | undefined },
): Connection {
  const { environment, authorities, ignoresInherited, cancelled, ...given } = options;
  const agent = createAgent(given.baseUrl, { environment, authorities, ignoresInherited });
  return { ...given, agent, clock: createServerClock(), limit: { remaining: undefined }, cancelled };
}

/** Loads TLS only where it is spoken: loading it takes half as long as starting Node. */
export function moduleFor({ protocol }: URL): typeof http | typeof https {
  return protocol === "https:" ? process.getBuiltinModule("node:https") : http;
}

function trustedAuthorities(
  { protocol }: URL,
  authorities: string | undefined,
  ignoresInherited: boolean,
): { ca?: string[] } {
  if (protocol !== "https:" || (authorities === undefined && !ignoresInherited)) return {}; // Node's default
  const { getCACertificates } = process.getBuiltinModule("node:tls");
  const own = getCACertificates(ignoresInherited ? "bundled" : "default");
  return { ca: authorities === undefined ? own : [...own, authorities] };
}

/** How to reach an origin, and whom to believe that it is there. */
export interface Route {
  /** for proxy settings */
  environment: NodeJS.ProcessEnv;
  /** certificate authorities (PEM) to trust in addition to Node's own and those of NODE_EXTRA_CA_CERTS */
  authorities?: string | undefined;
  /** whether to trust only the authorities that Node brings, and `authorities` */
  ignoresInherited?: boolean | undefined;
}

/** @throws {StashError} `PROXY_INVALID` */
export function createAgent(
  url: URL,
  { environment, authorities, ignoresInherited = false }: Route,
): http.Agent {
  const { Agent } = moduleFor(url);
  const options = {
    keepAlive: true,
    proxyEnv: isLoopback(url.hostname) ? {} : environment,
    // Explicit, so that another step cannot weaken them through NODE_TLS_REJECT_UNAUTHORIZED or NODE_OPTIONS.
    rejectUnauthorized: true,
    minVersion: "TLSv1.2",
    ...trustedAuthorities(url, authorities, ignoresInherited),
  } as const;
  try {
    return new Agent(options);
  } catch (cause) {
    throw new StashError(
      "PROXY_INVALID",
      "The proxy settings in the environment cannot be used: the address is malformed. Correct HTTPS_PROXY or HTTP_PROXY, or add the " +
        "service's host to NO_PROXY.",
      { cause },
    );
  }
}
