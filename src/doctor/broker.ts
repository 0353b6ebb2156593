import { askWhetherReady, connectToBroker, releaseGrant, requestGrant } from "../access/broker.ts";
import type { System } from "../ci/host.ts";
import { dekFingerprint } from "../crypto/dek-fingerprint.ts";
import { generateDeviceKey } from "../crypto/device-key.ts";
import { type BrokerInputs, brokerAudience } from "../inputs/broker.ts";
import type { Inputs } from "../inputs/inputs.ts";
import { count, printable } from "../lib/printable.ts";
import { locateEnvironment } from "../stash/service.ts";
import type { Check } from "./checks.ts";
import { describeClocks } from "./clocks.ts";

// What a policy of a key broker can name, in the order in which people look for it.
const shownClaims = [
  ...["iss", "repository", "repository_id", "project_path", "project_id", "ref", "ref_path", "ref_protected"],
  ...["environment", "event_name", "pipeline_source", "job_workflow_ref", "exp"],
];

/** Checks the way through a key broker. With `full`, a grant is asked for and released; where a job has one token, that uses it. */
export function brokerChecks(system: System, inputs: Inputs, broker: BrokerInputs, full: boolean): Check[] {
  const { service, selection, access } = inputs;
  const { idTokens, log } = system;
  const connection = connectToBroker(system, { ...service, url: broker.url });
  const address = brokerAudience(broker.url);
  const requestToken = async (audience: string) => {
    const token = await idTokens.request(audience, service);
    await log.mask([token]);
    return token;
  };
  const readiness: Check = {
    check: "key broker",
    run: async () => {
      await askWhetherReady(connection);
      return `${printable(broker.url.host)} answers; ${describeClocks(connection.clock, "and the broker accepts tokens up to 30 s off")}`;
    },
  };
  const identity: Check = {
    check: "id-token",
    run: async () => {
      const claims = readClaims(await requestToken(idTokens.namesAudience ? `${address}/doctor` : address));
      const shown = shownClaims
        .filter((claim) => claims[claim] !== undefined)
        .map((claim) => `${claim} ${printable(String(claims[claim]))}`);
      return `this job has one: ${shown.join(", ") || "it cannot be read"}`;
    },
  };
  const grant: Check = {
    check: "grant",
    run: async () => {
      if (!full) {
        const cost = idTokens.namesAudience
          ? ""
          : ". That uses up this job's token, unless its rule has keys-per-job";
        return `not checked: doctor --full asks for one, and releases it${cost}`;
      }
      const key = await generateDeviceKey();
      const token = await requestToken(
        idTokens.namesAudience ? `${address}/sha256/${key.fingerprint}` : address,
      );
      const places = selection.environments.map((name) => {
        const { applicationId, slug } = locateEnvironment(service, name);
        return { application: applicationId || undefined, slug };
      });
      const granted = await requestGrant(connection, token, key, places, access.ttlMinutes);
      await releaseGrant(connection, granted);
      const described = granted.environments.map(
        ({ type, items, dek }, index) =>
          `${printable(selection.environments[index] ?? "")} (${printable(type)}, ${count(items.length, "variable")}, DEK ${dekFingerprint(dek)})`,
      );
      return `granted and released: ${described.join(", ")}`;
    },
  };
  return [readiness, identity, grant];
}

/** The claims of a token, which is not verified: the broker does that. */
function readClaims(token: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8")));
  } catch {
    return {};
  }
}
