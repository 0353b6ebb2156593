import * as v from "valibot";
import { explainNotFound } from "./environments.ts";
import { call, environmentPath, type Service, statusOf } from "./service.ts";

/** A variable as the service stores it: its name in clear, its value as ciphertext, or `null` for an empty value. */
export interface EncryptedVariable {
  name: string;
  payload: unknown;
}

const MAX_VARIABLES = 100_000; // More is no environment, but a fault or an attempt to exhaust the runner's memory.
const MAX_NAME = 255; // what the columns of Laravel, on which the service is built, hold
/** A list of variables, as the service and a key broker send it. */
export const encryptedVariables = v.pipe(
  v.array(v.unknown()),
  v.maxLength(MAX_VARIABLES),
  v.array(
    v.object({ name: v.pipe(v.string(), v.maxLength(MAX_NAME)), payload: v.optional(v.unknown(), null) }),
  ),
);

/**
 * Lists an environment's variables, from the path that the Node client uses, else from the PHP client's (docs/protocol.md, HTTP).
 *
 * @throws {StashError} `APPLICATION_NOT_FOUND`, `ENVIRONMENT_NOT_FOUND`, `ENDPOINT_NOT_FOUND`, or any code of `call`
 */
export async function listVariables(service: Service, environment: string): Promise<EncryptedVariable[]> {
  for (const endpoint of ["variables", ""]) {
    try {
      return await call(
        service,
        ["GET", environmentPath(service, environment, endpoint)],
        encryptedVariables,
      );
    } catch (error) {
      if (statusOf(error) !== 404) throw error;
    }
  }
  throw await explainNotFound(service, environment);
}
