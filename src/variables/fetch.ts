import { type Grant, openGrant } from "../access/grant.ts";
import { StashError } from "../lib/errors.ts";
import { listNames, printable } from "../lib/printable.ts";
import { settleAll } from "../lib/settle-all.ts";
import { listEnvironments, unknownEnvironment } from "../stash/environments.ts";
import { locateEnvironment, type Service } from "../stash/service.ts";
import { type EncryptedVariable, listVariables } from "../stash/variables.ts";

/** One environment, with everything about it that does not need the temporary key. */
export interface FetchedEnvironment {
  environment: string;
  items: EncryptedVariable[];
  /** the DEK, if a grant key opened it */
  granted: Buffer | undefined;
}

/**
 * Fetches all environments at once.
 *
 * @param grant found while the variables are on their way
 * @throws {StashError} a code of `listVariables`, `openGrant` or `call`
 */
export function fetchEnvironments(
  service: Service,
  environments: readonly string[],
  grant: Promise<Grant | undefined>,
): Promise<FetchedEnvironment[]> {
  return settleAll(
    ...environments.map(async (environment) => {
      const [items, granted] = await settleAll(
        listVariables(service, environment),
        grant.then((found) => found && openGrant(service, environment, found)),
      );
      return { environment, items, granted };
    }),
  );
}

/**
 * Checks that the environments exist, and that their types are allowed.
 *
 * @param allowed empty for any type
 * @returns the type of each environment
 * @throws {StashError} `ENVIRONMENT_NOT_FOUND`, `ENVIRONMENT_TYPE_REFUSED`, or a code of `listEnvironments`
 */
export async function checkEnvironmentTypes(
  service: Service,
  environments: readonly string[],
  allowed: readonly string[],
): Promise<string[]> {
  const places = environments.map((environment) => locateEnvironment(service, environment));
  const applications = [...new Set(places.map(({ applicationId }) => applicationId))];
  const lists = await settleAll(...applications.map((id) => listEnvironments(service, id)));
  const types = places.map((place, index) => {
    const known = lists[applications.indexOf(place.applicationId)] ?? [];
    const found = known.find(({ slug }) => slug === place.slug);
    const environment = environments[index] ?? "";
    if (found !== undefined) return { environment, type: found.type };
    const slugs = known.map(({ slug }) => slug);
    throw unknownEnvironment(service, environment, slugs);
  });
  refuseEnvironmentTypes(types, allowed);
  return types.map(({ type }) => type);
}

/**
 * @param allowed empty for any type
 * @throws {StashError} `ENVIRONMENT_TYPE_REFUSED`
 */
export function refuseEnvironmentTypes(
  types: readonly { environment: string; type: string }[],
  allowed: readonly string[],
): void {
  const refused = types.filter(({ type }) => allowed.length > 0 && !allowed.includes(type));
  if (refused.length === 0) return;
  const found = refused
    .map(({ environment, type }) => `${printable(environment)} is ${printable(type)}`)
    .join(", ");
  throw new StashError(
    "ENVIRONMENT_TYPE_REFUSED",
    `Nothing was pulled, because environment-types allows only ${listNames(allowed)}, and ${found}. Pull another environment, or add its ` +
      "type to environment-types.",
  );
}
