import type { Host } from "../host/host.ts";
import type { Inputs } from "../host/inputs.ts";
import { createConnection } from "../http/connection.ts";
import type { Service } from "../stash/service.ts";
import { version } from "../version.ts";

/** The service, on a connection whose deadline starts now. The application is needed for its environments alone. */
export function connect(
  host: Host,
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
