import type { Host } from "../host/host.ts";
import type { Inputs } from "../host/inputs.ts";
import { createConnection, renewDeadline } from "../http/connection.ts";
import type { Service } from "../stash/service.ts";
import { version } from "../version.ts";

/** The service, on a connection whose deadline starts now. The application is needed for its environments alone. */
export function connect(
  host: Pick<Host, "environment">,
  {
    apiUrl,
    apiToken,
    applicationId = "",
    timeoutSeconds,
  }: Pick<Inputs, "apiUrl" | "apiToken" | "timeoutSeconds"> & Partial<Pick<Inputs, "applicationId">>,
  cancelled?: AbortSignal,
): Service {
  const userAgent = `secret-stash-action/${version}`;
  const connection = createConnection({
    apiUrl,
    apiToken,
    timeoutSeconds,
    userAgent,
    environment: host.environment,
    ...(cancelled && { cancelled }),
  });
  return { connection, applicationId };
}

const REQUEST_SECONDS = 10;

/** For one request of a story that lasts longer than a deadline, because it waits for people. */
export function renewed(service: Service): Service {
  return { ...service, connection: renewDeadline(service.connection, REQUEST_SECONDS) };
}
