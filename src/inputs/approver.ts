import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { compileGlob, type Glob, INVALID_PATTERN } from "../select/patterns.ts";
import { parseApiUrl } from "./api-url.ts";
import { inputDefaults } from "./defaults.ts";
import type { ServiceInputs } from "./inputs.ts";
import { createInputReader, isIdentifier } from "./reader.ts";
import { resolveIfGiven } from "./resolve.ts";

/** Everything that `approve` takes, and the text it has when it is not given. */
export const approverDefaults = {
  "api-token": "",
  "application-id": "",
  environment: "",
  "api-url": inputDefaults["api-url"],
  timeout: inputDefaults.timeout,
  "ca-file": "",
  "key-dir": "",
  fingerprint: "",
  "yes-label": "",
  watch: "false",
} as const;

export interface ApproverInputs {
  service: ServiceInputs;
  /** addresses to which the token may go without a question */
  knownUrls: readonly string[];
  /** where confirmed addresses are remembered: in the home directory, and never where a pasted `--key-dir` says */
  addressFile: string;
  environment: string;
  keyDirectory: string;
  /** hex digits in lower case; empty if a person is to choose */
  fingerprint: string;
  /** labels that are approved without asking */
  yesLabel: Glob | undefined;
  watch: boolean;
}

const MIN_DIGITS = 32; // What a job shows of its fingerprint. Fewer digits could be imitated.

/**
 * Parses the flags and variables of `approve`.
 *
 * @param isFlag whether an input was given as a flag, and not as a variable
 * @param ownUrl the address in the approver's own environment, or `""`
 * @throws {StashError} `INPUTS_INVALID`, with every mistake at once
 */
export function parseApproverInputs(
  given: (name: keyof typeof approverDefaults) => string,
  isFlag: (name: string) => boolean,
  ownUrl: string,
): ApproverInputs {
  const reader = createInputReader(given, approverDefaults);
  const { text, required, flag, check, wholeNumber } = reader;
  const environment = required("environment", "Name the one environment to approve for.");
  check("environment", isIdentifier(environment) && !/[\s,]/.test(environment), "must be one environment");
  const applicationId = required("application-id", "Copy it from the application's page in SecretStash.");
  check("application-id", isIdentifier(applicationId), "is not an id");
  const fingerprint = text("fingerprint").replaceAll(/[\s:]/g, "").toLowerCase();
  check(
    "fingerprint",
    fingerprint === "" || (/^[0-9a-f]{1,64}$/.test(fingerprint) && fingerprint.length >= MIN_DIGITS),
    `must be what the job shows (${MIN_DIGITS} hexadecimal digits), or all 64 digits`,
  );
  const pattern = text("yes-label");
  const yesLabel = pattern === "" ? undefined : compileGlob(pattern);
  check("yes-label", pattern === "" || yesLabel !== undefined, INVALID_PATTERN);
  const watch = flag("watch");
  check("yes-label", pattern === "" || watch, "works only with --watch");
  check("yes-label", pattern === "" || isFlag("environment"), "needs --environment on the command line too");
  check("fingerprint", fingerprint === "" || !watch, "approves one key and cannot be combined with --watch");
  const inputs: ApproverInputs = {
    service: {
      apiToken: required(
        "api-token",
        "Create a token of your own in SecretStash, and set SECRET_STASH_API_TOKEN.",
      ),
      applicationId,
      apiUrl: parseApiUrl(text("api-url"), (why) => check("api-url", false, why)),
      timeoutSeconds: wholeNumber("timeout", [1, 3600], "seconds"),
      caFile: resolveIfGiven(text("ca-file"), resolve(".")),
    },
    knownUrls: [ownUrl.trim(), approverDefaults["api-url"]].flatMap((url) => URL.parse(url)?.href ?? []),
    addressFile: join(homedir(), ".secret-stash", "addresses.json"),
    environment,
    keyDirectory: text("key-dir") || join(homedir(), ".secret-stash"),
    fingerprint,
    yesLabel,
    watch,
  };
  reader.throwIfInvalid("approve cannot use these settings:");
  return inputs;
}
