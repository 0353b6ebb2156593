import type { Host } from "../host/host.ts";
import type { Inputs } from "../host/inputs.ts";
import { createConnection } from "../http/connection.ts";
import type { Service } from "../stash/service.ts";
import { version } from "../version.ts";

/** The application of the inputs, on a connection whose deadline starts now. */
export function connect(host: Host, inputs: Inputs): Service {
  const { apiUrl, apiToken, applicationId, timeoutSeconds } = inputs;
  const userAgent = `secret-stash-action/${version}`;
  const connection = createConnection({
    apiUrl,
    apiToken,
    timeoutSeconds,
    userAgent,
    environment: host.environment,
  });
  return { connection, applicationId };
}
