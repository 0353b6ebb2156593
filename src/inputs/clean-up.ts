import { parseApiUrl } from "./api-url.ts";
import { parseBrokerUrl } from "./broker.ts";
import { readApiToken, usesBroker } from "./credentials.ts";
import { type InputName, inputDefaults } from "./defaults.ts";
import { resolveIfGiven } from "./resolve.ts";

// Separate from the other inputs, so that the post step neither loads their parser nor fails because of a mistake in one of them.

export const leakPolicies = ["off", "warn", "fail"] as const;

/** What to do about pulled values that are found in the job's files. */
export type LeakPolicy = (typeof leakPolicies)[number];

/** What the end of a session needs to know. A mistake in any other input must not keep it from its work. */
export interface CleanUpInputs {
  apiToken: string;
  /** where the inputs say the service is; the token goes nowhere else, and only if main used the same address */
  apiUrl: URL;
  /** the same of a key broker, if one gave access */
  brokerUrl: URL | undefined;
  revoke: boolean;
  leakCheck: LeakPolicy;
  /** paths that the leak check leaves out, one a line, as in .gitignore */
  leakIgnore: string;
  summary: boolean;
  /** absolute; empty if there is none */
  caFile: string;
}

/** Reads the inputs of the end of a session. A value that is not valid counts as not given. */
export function readCleanUpInputs(given: (name: InputName) => string, workspace: string): CleanUpInputs {
  const leakCheck = given("leak-check").trim();
  return {
    apiToken: readApiToken(given),
    apiUrl: parseApiUrl(given("api-url").trim() || inputDefaults["api-url"], () => {}),
    brokerUrl: usesBroker(given) ? parseBrokerUrl(given("broker-url").trim(), () => {}) : undefined,
    revoke: given("revoke").trim().toLowerCase() !== "false",
    leakCheck: leakPolicies.find((policy) => policy === leakCheck) ?? inputDefaults["leak-check"],
    leakIgnore: given("leak-ignore").trim(),
    summary: given("summary").trim().toLowerCase() === "true",
    caFile: resolveIfGiven(given("ca-file"), workspace),
  };
}
