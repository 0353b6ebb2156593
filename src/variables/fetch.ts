import { listNames, printable, StashError } from "../lib/errors.ts";
import type { Host } from "../ci/host.ts";
import type { Inputs } from "../inputs/inputs.ts";
import { listEnvironments, unknownEnvironment } from "../stash/environments.ts";
import type { Service } from "../stash/service.ts";
import { type EncryptedVariable, listVariables } from "../stash/variables.ts";
import { findGrant, type Grant, openGrant } from "../access/grant.ts";
import { together } from "../lib/settle-all.ts";

/** One environment, fetched: everything about it that needs no temporary key. */
export interface FetchedLayer {
  environment: string;
  items: EncryptedVariable[];
  /** the DEK, when a grant key opened it */
  granted: Buffer | undefined;
}

/** Fetches all environments at once. With `environment-types`, none before every type has been checked. */
export async function fetchLayers(
  host: Host,
  service: Service,
  { environments, environmentTypes, grantKey }: Inputs,
): Promise<{ layers: FetchedLayer[]; types: string[] }> {
  const types = environmentTypes.length > 0 ? await checkTypes(service, environments, environmentTypes) : [];
  const grant = findGrant(host, service, grantKey);
  const layers = await together(
    ...environments.map((environment) => fetchLayer(service, environment, grant)),
  );
  return { layers, types };
}

async function fetchLayer(
  service: Service,
  environment: string,
  grant: Promise<Grant | undefined>,
): Promise<FetchedLayer> {
  const [items, granted] = await together(
    listVariables(service, environment),
    grant.then((found) => found && openGrant(service, environment, found)),
  );
  return { environment, items, granted };
}

/**
 * Checks that the environments are there and of a type that is allowed; of any, when none is named.
 *
 * @returns the type of each
 * @throws {StashError} `ENVIRONMENT_NOT_FOUND`, `ENVIRONMENT_TYPE_REFUSED`
 */
export async function checkTypes(
  service: Service,
  environments: readonly string[],
  allowed: readonly string[],
): Promise<string[]> {
  const known = new Map((await listEnvironments(service)).map(({ slug, type }) => [slug, type]));
  const types = environments.map((environment) => {
    const type = known.get(environment);
    if (type === undefined) throw unknownEnvironment(environment, [...known.keys()]);
    return { environment, type };
  });
  const refused = types.filter(({ type }) => allowed.length > 0 && !allowed.includes(type));
  if (refused.length === 0) return types.map(({ type }) => type);
  const found = refused
    .map(({ environment, type }) => `${printable(environment)} is ${printable(type)}`)
    .join(", ");
  throw new StashError(
    "ENVIRONMENT_TYPE_REFUSED",
    `Nothing was pulled, because environment-types allows ${listNames(allowed)} alone, and ${found}. ` +
      "Pull another environment, or allow its type.",
  );
}
