import { readAuthorities } from "../http/authorities.ts";
import { createConnection } from "../http/connection.ts";
import { startDeadline } from "../http/deadline.ts";
import { version } from "../lib/version.ts";
import type { Service } from "./service.ts";

/** Which service to talk to, as whom, and for how long. */
export interface ServiceAddress {
  /** https, or http on loopback */
  apiUrl: URL;
  apiToken: string;
  /** needed for requests about its environments only */
  applicationId?: string;
  /** how long one request may take, retries included */
  timeoutSeconds: number;
  /** absolute path of certificate authorities to trust in addition to Node's own; empty if there is none */
  caFile?: string;
}

/** What a connection needs from its surroundings. */
export interface Surroundings {
  /** for `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` */
  environment: NodeJS.ProcessEnv;
  log: { info(message: string): void; debug(message: string): void };
  cancelled?: AbortSignal;
  /** whether to trust none of the authorities that the environment names */
  ignoresInherited?: boolean;
}

/** @throws {StashError} `CA_FILE_UNREADABLE`, `PROXY_INVALID` */
export function connect(
  { environment, log, cancelled, ignoresInherited }: Surroundings,
  { apiUrl, apiToken, applicationId = "", timeoutSeconds, caFile = "" }: ServiceAddress,
): Service {
  const connection = createConnection({
    peer: { name: "The service", setting: "api-url", product: "SecretStash", showsMessages: false },
    baseUrl: new URL(`${apiUrl.href.replace(/\/+$/, "")}/api/`),
    token: apiToken,
    timeoutSeconds,
    userAgent: `secret-stash-action/${version}`,
    environment,
    say: log.info,
    debug: log.debug,
    authorities: caFile === "" ? undefined : readAuthorities(caFile),
    cancelled,
    ...(ignoresInherited !== undefined && { ignoresInherited }),
  });
  return { connection, applicationId };
}

const POLL_SECONDS = 10;

/** The same service for a story that asks again and again: a request that fails is repeated by the story itself. */
export function forPolling({ connection, applicationId }: Service): Service {
  const timeoutSeconds = Math.min(POLL_SECONDS, connection.timeoutSeconds);
  const { deadline: _, ...others } = connection;
  return { connection: { ...others, timeoutSeconds }, applicationId };
}

/** The same service for requests that have to end together, because somebody waits for them. The time runs from now. */
export function within({ connection, applicationId }: Service, seconds: number): Service {
  return {
    connection: { ...connection, deadline: startDeadline(seconds, connection.cancelled) },
    applicationId,
  };
}
