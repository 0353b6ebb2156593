import { checkDek } from "../access/dek-pins.ts";
import { findGrant, type Grant, openGrant } from "../access/grant.ts";
import { dekFingerprint } from "../crypto/dek-fingerprint.ts";
import { decryptPayload } from "../crypto/payload.ts";
import type { AccessInputs } from "../inputs/access.ts";
import type { SelectionInputs } from "../inputs/selection.ts";
import { StashError } from "../lib/errors.ts";
import { count, listNames, printable } from "../lib/printable.ts";
import { listApplications } from "../stash/applications.ts";
import { listEnvironments } from "../stash/environments.ts";
import { locateEnvironment, type Service, statusOf } from "../stash/service.ts";
import { listVariables } from "../stash/variables.ts";
import { checkEnvironmentTypes } from "../variables/fetch.ts";
import type { Check } from "./checks.ts";
import { describeClocks } from "./clocks.ts";

const FEW_REQUESTS = 5; // those of a session and its post step

/** Checks that the service answers, and what the token gives access to. */
export function accountChecks(
  service: Service,
  { environments, environmentTypes }: SelectionInputs,
  environment: NodeJS.ProcessEnv,
): Check[] {
  const { connection } = service;
  let answer: Promise<unknown> | undefined;
  const ask = () => {
    answer ??= listApplications(service);
    return answer;
  };
  return [
    {
      check: "service",
      run: async () => {
        await ask().catch((error) => {
          if (statusOf(error) === undefined) throw error;
        });
        return `${connection.baseUrl.host} answers${describeProxy(environment)}; ${describeClocks(connection.clock, "so expiry times are the service's")}`;
      },
    },
    {
      check: "api-token",
      run: async () => {
        await ask();
        return "accepted";
      },
    },
    {
      check: "application",
      run: async () => {
        const ids = new Set(environments.map((name) => locateEnvironment(service, name).applicationId));
        const found: string[] = [];
        for (const id of ids) {
          const slugs = (await listEnvironments(service, id)).map(({ slug }) => slug);
          found.push(`${printable(id)} exists, with ${listNames(slugs) || "no environments"}`);
        }
        return found.join("; ");
      },
    },
    {
      check: "environment",
      run: async () => {
        const types = await checkEnvironmentTypes(service, environments, environmentTypes);
        return environments
          .map((slug, index) => `${printable(slug)} (${printable(types[index] ?? "")})`)
          .join(", ");
      },
    },
  ];
}

/** Checks whether the stored values can be decrypted, with the grant key if there is one. */
export function accessChecks(
  service: Service,
  { environments }: SelectionInputs,
  access: AccessInputs,
): Check[] {
  let grant: Grant | undefined;
  const deks = new Map<string, Buffer>();
  return [
    {
      check: "grant-key",
      run: async () => {
        grant = await findGrant(service, access.grantKey);
        return grant === undefined ? describeNoGrant(access) : `readable, device key ${grant.id}`;
      },
    },
    {
      check: "access",
      run: async () => {
        if (grant === undefined) return "decided when a job asks for it";
        for (const environment of environments) {
          const dek = await openGrant(service, environment, grant);
          checkDek(access.dekPins, environment, dek, { debug: () => {} });
          deks.set(environment, dek);
        }
        return `device key ${grant.id} opens its envelope of ${listNames(environments)}`;
      },
    },
    dekCheck(deks),
    {
      check: "variables",
      run: async () => {
        const counts: string[] = [];
        for (const environment of environments) {
          const items = await listVariables(service, environment);
          const item = items.find(({ payload }) => payload !== null);
          const dek = deks.get(environment);
          const tried = item && dek ? `, and ${printable(item.name)} can be decrypted` : "";
          if (item && dek) tryToDecrypt(item.name, item.payload, dek);
          counts.push(`${items.length} in ${printable(environment)}${tried}`);
        }
        return counts.join("; ");
      },
    },
    {
      check: "request limit",
      run: () => {
        const { remaining } = service.connection.limit;
        if (remaining === undefined) return "the service does not report one";
        if (remaining >= FEW_REQUESTS) return `${count(remaining, "request")} left in this minute`;
        throw new StashError(
          "RATE_LIMITED",
          `This token has only ${count(remaining, "request")} left in this minute. Many jobs may share it. Give each pipeline a token of its own.`,
        );
      },
    },
  ];
}

/** Shows what the input `dek-fingerprint` takes, when the DEKs are there. */
export function dekCheck(deks: ReadonlyMap<string, Buffer>): Check {
  const pins = () =>
    Array.from(deks, ([environment, dek]) => `${printable(environment)}=${dekFingerprint(dek)}`);
  return {
    check: "dek-fingerprint",
    run: () => pins().join(", ") || "shown once there is a key that has access",
  };
}

function tryToDecrypt(name: string, payload: unknown, dek: Buffer): void {
  if (decryptPayload(payload, dek) !== undefined) return;
  throw new StashError(
    "VARIABLES_UNDECRYPTABLE",
    `${printable(name)} cannot be decrypted with the environment's key. It was probably encrypted with another key. Push it again.`,
  );
}

function describeNoGrant({ grantWaitMinutes }: AccessInputs): string {
  if (grantWaitMinutes > 0)
    return `none; the job waits up to ${count(grantWaitMinutes, "minute")} for an approval`;
  throw new StashError(
    "ENVELOPE_MISSING",
    "There is no grant-key, and grant-wait is 0, so a pull works only if a process answers new keys with envelopes. Try that with " +
      "doctor --full, which registers a key and deletes it; or set grant-key or grant-wait.",
  );
}

/** Names only the variable, because its value can hold a password. */
function describeProxy(environment: NodeJS.ProcessEnv): string {
  const names = ["https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY"];
  const set = names.find((name) => (environment[name] ?? "") !== "");
  return set === undefined ? "" : ` (${set} is set)`;
}
