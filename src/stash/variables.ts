import * as v from "valibot";
import { explainNotFound } from "./environments.ts";
import { call, environmentPath, type Service, statusOf } from "./service.ts";

/** A variable as the service keeps it: the name in clear, the value as ciphertext, `null` for an empty value. */
export interface EncryptedVariable {
  name: string;
  payload: unknown;
}

const MAX_VARIABLES = 100_000; // beyond it something else answers, or somebody wants the runner's memory
const variables = v.pipe(
  v.array(v.unknown()),
  v.maxLength(MAX_VARIABLES),
  v.array(v.object({ name: v.string(), payload: v.optional(v.unknown(), null) })),
);

/**
 * An environment's variables, from the Node client's path, else from the PHP client's (docs/protocol.md, HTTP).
 *
 * @throws {StashError} `APPLICATION_NOT_FOUND`, `ENVIRONMENT_NOT_FOUND`, `ENDPOINT_NOT_FOUND` or any of the service's codes
 */
export async function listVariables(service: Service, environment: string): Promise<EncryptedVariable[]> {
  for (const endpoint of ["variables", ""]) {
    try {
      return await call(service, ["GET", environmentPath(service, environment, endpoint)], variables);
    } catch (error) {
      if (statusOf(error) !== 404) throw error;
    }
  }
  throw await explainNotFound(service, environment);
}
