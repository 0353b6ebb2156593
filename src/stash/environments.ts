import * as v from "valibot";
import { listNames, printable, StashError } from "../lib/errors.ts";
import { call, type Service, statusOf } from "./service.ts";

const environments = v.array(v.object({ slug: v.string(), type: v.string() }));

/**
 * The application's environments.
 *
 * @throws {StashError} `APPLICATION_NOT_FOUND` or any of the service's codes
 */
export async function listEnvironments(service: Service): Promise<{ slug: string; type: string }[]> {
  const path = `applications/${encodeURIComponent(service.applicationId)}/environments`;
  try {
    return await call(service, ["GET", path], environments);
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
    throw new StashError(
      "APPLICATION_NOT_FOUND",
      `There is no application ${printable(service.applicationId)} for this token. The id may be mistyped, or the ` +
        "account has no access to it. Copy application-id from the application's page in SecretStash.",
      { cause: error },
    );
  }
}

/**
 * Tells why an environment's endpoint answered 404: no such application, or no such environment in it.
 *
 * @returns the error to throw
 */
export async function explainNotFound(service: Service, environment: string): Promise<StashError> {
  const slugs = (await listEnvironments(service)).map(({ slug }) => slug);
  if (!slugs.includes(environment)) return unknownEnvironment(environment, slugs);
  return new StashError(
    "ENDPOINT_NOT_FOUND",
    `The service knows the environment ${printable(environment)} but not the endpoints of its variables or envelopes. ` +
      "It may be of another version. Update the action, or check that api-url points at SecretStash.",
  );
}

/** @returns the error to throw for an environment that is not among those there are */
export function unknownEnvironment(environment: string, slugs: readonly string[]): StashError {
  return new StashError(
    "ENVIRONMENT_NOT_FOUND",
    `There is no environment ${printable(environment)} in this application. ` +
      `It has ${slugs.length > 0 ? listNames(slugs) : "none"}. Set environment to the slug of one of them.`,
  );
}
