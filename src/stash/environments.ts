import * as v from "valibot";
import { didYouMean } from "../lib/did-you-mean.ts";
import { StashError } from "../lib/errors.ts";
import { listNames, printable } from "../lib/printable.ts";
import { call, locateEnvironment, type Service, statusOf } from "./service.ts";
import { listOf } from "./wire-types.ts";

const environments = listOf(v.object({ slug: v.string(), type: v.string() }));

/**
 * Lists an application's environments.
 *
 * @throws {StashError} `APPLICATION_NOT_FOUND`, or any code of `call`
 */
export async function listEnvironments(
  service: Service,
  applicationId = service.applicationId,
): Promise<{ slug: string; type: string }[]> {
  const path = `applications/${encodeURIComponent(applicationId)}/environments`;
  try {
    return await call(service, ["GET", path], environments);
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
    throw new StashError(
      "APPLICATION_NOT_FOUND",
      `There is no application ${printable(applicationId)} for this token. The id may be mistyped, or the token's ` +
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
  const { applicationId, slug } = locateEnvironment(service, environment);
  const slugs = (await listEnvironments(service, applicationId)).map((known) => known.slug);
  if (!slugs.includes(slug)) return unknownEnvironment(service, environment, slugs);
  return new StashError(
    "ENDPOINT_NOT_FOUND",
    `The service has an environment ${printable(environment)}, but not the endpoints for its variables or envelopes. ` +
      "It may run another version of SecretStash. Update the action, or check that api-url points at SecretStash.",
  );
}

/** @returns the error to throw for an environment that its application does not have */
export function unknownEnvironment(
  service: Service,
  environment: string,
  slugs: readonly string[],
): StashError {
  const { applicationId, slug } = locateEnvironment(service, environment);
  const isOther = applicationId !== service.applicationId;
  return new StashError(
    "ENVIRONMENT_NOT_FOUND",
    `${isOther ? `Application ${printable(applicationId)}` : "This application"} has no environment ${printable(slug)}.${didYouMean(slug, slugs)} ` +
      `It has ${slugs.length > 0 ? listNames(slugs) : "none"}. Set environment to the slug of one of these.`,
  );
}
