import * as v from "valibot";
import { didYouMean } from "../lib/did-you-mean.ts";
import { StashError } from "../lib/errors.ts";
import { listNames, printable } from "../lib/printable.ts";
import { call, type Service, statusOf } from "./service.ts";
import { listOf } from "./wire-types.ts";

const environments = listOf(v.object({ slug: v.string(), type: v.string() }));

/**
 * Lists the application's environments.
 *
 * @throws {StashError} `APPLICATION_NOT_FOUND`, or any code of `call`
 */
export async function listEnvironments(service: Service): Promise<{ slug: string; type: string }[]> {
  const path = `applications/${encodeURIComponent(service.applicationId)}/environments`;
  try {
    return await call(service, ["GET", path], environments);
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
    throw new StashError(
      "APPLICATION_NOT_FOUND",
      `There is no application ${printable(service.applicationId)} for this token. The id may be mistyped, or the token's ` +
        "account has no access to the application. Copy application-id from the application's page in SecretStash.",
      { cause: error },
    );
  }
}

/**
 * Finds out why an environment's endpoint answered 404: there is no such application, or no such environment in it.
 *
 * @returns the error to throw
 */
export async function explainNotFound(service: Service, environment: string): Promise<StashError> {
  const slugs = (await listEnvironments(service)).map(({ slug }) => slug);
  if (!slugs.includes(environment)) return unknownEnvironment(environment, slugs);
  return new StashError(
    "ENDPOINT_NOT_FOUND",
    `The service has an environment ${printable(environment)}, but not the endpoints for its variables or envelopes. ` +
      "It may run another version of SecretStash. Update the action, or check that api-url points at SecretStash.",
  );
}

/** @returns the error to throw for an environment that the application does not have */
export function unknownEnvironment(environment: string, slugs: readonly string[]): StashError {
  return new StashError(
    "ENVIRONMENT_NOT_FOUND",
    `This application has no environment ${printable(environment)}.${didYouMean(environment, slugs)} ` +
      `It has ${slugs.length > 0 ? listNames(slugs) : "none"}. Set environment to the slug of one of these.`,
  );
}
