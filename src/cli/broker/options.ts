import { StashError } from "../../lib/errors.ts";
import type { Call, Flags } from "../command.ts";

export const configFlag: Flags = {
  config: { value: "FILE", description: "The policy. Default: broker.yaml" },
};

export const testIssuersFlag: Flags = {
  "insecure-test-issuers": { description: "Accept issuers at http: addresses on loopback. For tests only." },
};

/** The text of a flag, or `undefined`. */
export function textOf({ flags }: Pick<Call, "flags">, name: string): string | undefined {
  const value = flags.get(name);
  return typeof value === "string" && value !== "" ? value : undefined;
}

export function configOf(call: Pick<Call, "flags">): string {
  return textOf(call, "config") ?? "broker.yaml";
}

export function usageError(message: string): StashError {
  return new StashError("USAGE", `${message} See: secret-stash-ci broker --help`);
}
