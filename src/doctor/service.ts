import { decryptPayload } from "../crypto/payload.ts";
import { listNames, printable, StashError } from "../lib/errors.ts";
import type { Host } from "../ci/host.ts";
import type { Inputs } from "../inputs/inputs.ts";
import { listApplications } from "../stash/applications.ts";
import { listEnvironments } from "../stash/environments.ts";
import { type Service, statusOf } from "../stash/service.ts";
import { listVariables } from "../stash/variables.ts";
import type { Check } from "./checks.ts";
import { findGrant, type Grant, openGrant } from "../access/grant.ts";
import { checkTypes } from "../variables/fetch.ts";

const FEW_REQUESTS = 5; // a session's, and post's

/** Where the service is and who we are to it. */
export function accountChecks(service: Service, inputs: Inputs, environment: NodeJS.ProcessEnv): Check[] {
  const { connection } = service;
  let answer: Promise<unknown> | undefined;
  const ask = () => {
    answer ??= listApplications(service);
    return answer;
  };
  return [
    {
      check: "service",
      look: async () => {
        await ask().catch((error) => {
          if (statusOf(error) === undefined) throw error;
        });
        const seconds = Math.round((connection.clock.difference() ?? 0) / 1000);
        const clocks = Math.abs(seconds) < 5 ? "the clocks agree" : describeDifference(seconds);
        return `${connection.apiUrl.host} answers${proxyNamed(environment)}; ${clocks}`;
      },
    },
    {
      check: "api-token",
      look: async () => {
        await ask();
        return "accepted";
      },
    },
    {
      check: "application",
      look: async () => {
        const environments = await listEnvironments(service);
        return `${printable(service.applicationId)} is there, with ${listNames(environments.map(({ slug }) => slug)) || "no environments"}`;
      },
    },
    {
      check: "environment",
      look: async () => {
        const { environments, environmentTypes } = inputs;
        const types = await checkTypes(service, environments, environmentTypes);
        return environments
          .map((slug, index) => `${printable(slug)} (${printable(types[index] ?? "")})`)
          .join(", ");
      },
    },
  ];
}

/** Whether what is stored can be decrypted: with the grant key, as far as there is one. */
export function accessChecks(host: Host, service: Service, inputs: Inputs): Check[] {
  let grant: Grant | undefined;
  const deks: Buffer[] = [];
  return [
    {
      check: "grant-key",
      look: async () => {
        grant = await findGrant(host, service, inputs.grantKey);
        return grant === undefined ? withoutGrant(inputs) : `readable, device key ${grant.id}`;
      },
    },
    {
      check: "access",
      look: async () => {
        if (grant === undefined) return "decided when a job asks";
        for (const environment of inputs.environments)
          deks.push(await openGrant(service, environment, grant));
        return `device key ${grant.id} opens its envelope of ${listNames(inputs.environments)}`;
      },
    },
    {
      check: "variables",
      look: async () => {
        const told: string[] = [];
        for (const [index, environment] of inputs.environments.entries()) {
          const items = await listVariables(service, environment);
          const item = items.find(({ payload }) => payload !== null);
          const dek = deks[index];
          const tried = item && dek ? `, ${printable(item.name)} decrypts` : "";
          if (item && dek) tryOne(item.name, item.payload, dek);
          told.push(`${items.length} in ${printable(environment)}${tried}`);
        }
        return told.join("; ");
      },
    },
    {
      check: "request limit",
      look: () => {
        const { remaining } = service.connection.limit;
        if (remaining === undefined) return "the service does not tell";
        if (remaining >= FEW_REQUESTS) return `${remaining} requests left in this minute`;
        throw new StashError(
          "RATE_LIMITED",
          `Only ${remaining} requests of this minute are left for this token. Many jobs may share it. Give each pipeline a token of its own.`,
        );
      },
    },
  ];
}

function tryOne(name: string, payload: unknown, dek: Buffer): void {
  if (decryptPayload(payload, dek) !== undefined) return;
  throw new StashError(
    "VARIABLES_UNDECRYPTABLE",
    `${printable(name)} does not decrypt with the environment's key. It was probably stored with another one: store it again.`,
  );
}

function withoutGrant({ grantWaitMinutes }: Inputs): string {
  if (grantWaitMinutes > 0) return `none; the job waits up to ${grantWaitMinutes} minutes for an approval`;
  throw new StashError(
    "ENVELOPE_MISSING",
    "There is no grant-key, and grant-wait is 0: a pull works only if something answers new keys with envelopes. Try that with " +
      "doctor --full, which registers a key and deletes it; or pass a grant-key; or set grant-wait.",
  );
}

function describeDifference(seconds: number): string {
  return `the runner's clock is ${Math.abs(seconds)} s ${seconds > 0 ? "ahead" : "behind"}, so expiry times are the service's`;
}

/** The variable's name alone: its value can hold a password. */
function proxyNamed(environment: NodeJS.ProcessEnv): string {
  const names = ["https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY"];
  const set = names.find((name) => (environment[name] ?? "") !== "");
  return set === undefined ? "" : ` (${set} is set)`;
}
