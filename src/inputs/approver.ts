import { homedir } from "node:os";
import { join } from "node:path";
import { StashError } from "../lib/errors.ts";
import { compileGlob } from "../select/patterns.ts";
import { parseApiUrl } from "./api-url.ts";
import { inputDefaults } from "./defaults.ts";
import { createInputReader } from "./reader.ts";
import { type Inputs, isIdentifier } from "./inputs.ts";

/** What `approve` takes, and the text that each has when it is not given. */
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

export interface ApproverInputs
  extends Pick<Inputs, "apiToken" | "applicationId" | "apiUrl" | "timeoutSeconds" | "caFile"> {
  environment: string;
  keyDirectory: string;
  /** hex digits alone, in lower case; empty when somebody is to choose */
  fingerprint: string;
  /** labels that are approved without asking */
  yesLabel: RegExp | undefined;
  watch: boolean;
}

const MIN_DIGITS = 32; // what a job shows of its fingerprint: fewer could be imitated

/**
 * Turns the flags and variables of `approve` into one typed value.
 *
 * @param isFlag whether it stands on the command line itself
 * @throws {StashError} `INPUTS_INVALID`, with every mistake at once
 */
export function parseApproverInputs(
  given: (name: keyof typeof approverDefaults) => string,
  isFlag: (name: string) => boolean,
): ApproverInputs {
  const { text, required, flag, check, wholeNumber, mistakes } = createInputReader(given, approverDefaults);
  const environment = required("environment", "Name the one environment to approve for.");
  check("environment", isIdentifier(environment) && !/[\s,]/.test(environment), "must be one environment");
  const applicationId = required("application-id", "Copy it from the application's page in SecretStash.");
  check("application-id", isIdentifier(applicationId), "is not an id");
  const fingerprint = text("fingerprint").replaceAll(/[\s:]/g, "").toLowerCase();
  check(
    "fingerprint",
    fingerprint === "" || (/^[0-9a-f]{1,64}$/.test(fingerprint) && fingerprint.length >= MIN_DIGITS),
    `must be what the job shows, ${MIN_DIGITS} hexadecimal digits, or all 64`,
  );
  const pattern = text("yes-label");
  const yesLabel = pattern === "" ? undefined : compileGlob(pattern);
  check("yes-label", pattern === "" || yesLabel !== undefined, "a [ does not close, or holds no range");
  const watch = flag("watch");
  check("yes-label", pattern === "" || watch, "is for --watch");
  check("yes-label", pattern === "" || isFlag("environment"), "needs --environment on the command line too");
  check("fingerprint", fingerprint === "" || !watch, "approves one key; --watch waits for others");
  const inputs: ApproverInputs = {
    apiToken: required(
      "api-token",
      "Make a token of your own in SecretStash and set SECRET_STASH_API_TOKEN.",
    ),
    applicationId,
    environment,
    apiUrl: parseApiUrl(text("api-url"), (expected) => check("api-url", false, expected)),
    timeoutSeconds: wholeNumber("timeout", [1, 3600], "seconds"),
    caFile: text("ca-file"),
    keyDirectory: text("key-dir") || join(homedir(), ".secret-stash"),
    fingerprint,
    yesLabel,
    watch,
  };
  if (mistakes.length === 0) return inputs;
  const lines = mistakes.map((mistake) => `- ${mistake}`);
  throw new StashError("INPUTS_INVALID", `approve cannot go on like this:\n${lines.join("\n")}`);
}
