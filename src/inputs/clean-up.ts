import { type InputName, inputDefaults } from "./defaults.ts";

// Apart from the other inputs, so that post neither loads what parses those, nor stumbles over a mistake in them.

export const leakPolicies = ["off", "warn", "fail"] as const;

/** What is done about values found in the job's files. */
export type LeakPolicy = (typeof leakPolicies)[number];

/** For post: what is not a policy counts as none given. */
export function readLeakPolicy(given: (name: InputName) => string): LeakPolicy {
  return leakPolicies.find((policy) => policy === given("leak-check").trim()) ?? inputDefaults["leak-check"];
}

/** What clean-up needs, and no more: a mistake that a later step brought into any other input must not keep it from its work. */
export function readRevocationInputs(given: (name: InputName) => string): {
  apiToken: string;
  revoke: boolean;
  caFile: string;
} {
  const revoke = given("revoke").trim().toLowerCase() !== "false";
  return { apiToken: given("api-token").trim(), revoke, caFile: given("ca-file").trim() };
}

export function readSummary(given: (name: InputName) => string): boolean {
  return given("summary").trim().toLowerCase() === "true";
}
