import { resolve } from "node:path";
import type { Host } from "../ci/host.ts";
import type { Inputs } from "../inputs/inputs.ts";
import { createConnection, renewDeadline } from "../http/connection.ts";
import type { Service } from "./service.ts";
import { version } from "../lib/version.ts";
import { readAuthorities } from "../http/authorities.ts";

type Target = Pick<Inputs, "apiUrl" | "apiToken" | "timeoutSeconds"> &
  Partial<Pick<Inputs, "applicationId" | "caFile">>;

/**
 * The service, on a connection whose deadline starts now. The application is needed for its environments alone.
 *
 * @throws {StashError} `CA_FILE_UNREADABLE`, `PROXY_INVALID`
 */
export function connect(
  { environment, workspace, info, debug }: Pick<Host, "environment" | "workspace" | "info" | "debug">,
  { apiUrl, apiToken, applicationId = "", timeoutSeconds, caFile = "" }: Target,
  cancelled?: AbortSignal,
): Service {
  const connection = createConnection({
    apiUrl,
    apiToken,
    timeoutSeconds,
    userAgent: `secret-stash-action/${version}`,
    environment,
    say: info,
    debug,
    authorities: caFile === "" ? undefined : readAuthorities(resolve(workspace, caFile)),
    cancelled,
  });
  return { connection, applicationId };
}

const REQUEST_SECONDS = 10;

/** For one request of a story that lasts longer than a deadline, because it waits for people. */
export function renewed(service: Service): Service {
  return { ...service, connection: renewDeadline(service.connection, REQUEST_SECONDS) };
}
