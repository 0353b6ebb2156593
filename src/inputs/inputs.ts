import { StashError } from "../lib/errors.ts";
import { compileGlob } from "../select/patterns.ts";
import { isPortableName } from "../select/dangerous-names.ts";
import { parseVariableRules, type VariableRule } from "../select/rules.ts";
import { parseApiUrl } from "./api-url.ts";
import { type LeakPolicy, leakPolicies } from "./clean-up.ts";
import { type EnvFileRequest, parseEnvFileRequests } from "./env-files.ts";
import { type InputName, inputDefaults } from "./defaults.ts";
import { createInputReader, type InputReader } from "./reader.ts";

export interface Inputs {
  apiToken: string;
  applicationId: string;
  /** slugs; later ones win */
  environments: readonly string[];
  /** types that an environment may have; empty: any */
  environmentTypes: readonly string[];
  /** https, or http on loopback */
  apiUrl: URL;
  ttlMinutes: number;
  /** empty: the host's default */
  label: string;
  /** how long to wait for an approval; 0: not at all */
  grantWaitMinutes: number;
  /** a key, or the path of a file that holds one; empty when none is given */
  grantKey: string;
  rules: readonly VariableRule[];
  required: readonly string[];
  prefix: string;
  resolveReferences: boolean;
  ignore: readonly string[];
  allowNames: readonly string[];
  exportEnv: boolean;
  outputs: boolean;
  envFiles: readonly EnvFileRequest[];
  keepEnvFile: boolean;
  /** names or patterns */
  unmasked: readonly string[];
  minMaskLength: number;
  /** a command for which alone the variables are meant; empty when there is none */
  run: string;
  shell: string;
  workingDirectory: string;
  revoke: boolean;
  timeoutSeconds: number;
  leakCheck: LeakPolicy;
  summary: boolean;
  /** path of certificates to trust besides Node's own; empty when there are none */
  caFile: string;
}

/**
 * Turns every input into one typed value.
 *
 * @param given an input's text, or `""`
 * @param whyNoSecrets what the host knows of a run that gets no secrets, as a sentence
 * @throws {StashError} `INPUTS_INVALID`, with every mistake at once
 */
export function parseInputs(given: (name: InputName) => string, whyNoSecrets?: string): Inputs {
  const reader = createInputReader(given, inputDefaults);
  const { text, untrimmed, list, flag, wholeNumber, check, required } = reader;

  const tokenRemedy = whyNoSecrets ?? "Make a token in SecretStash and pass it from a secret.";
  const apiToken = required("api-token", tokenRemedy);
  const isToken = /^[\x21-\x7e]*$/.test(apiToken);
  check("api-token", isToken, "holds white space or characters that no token has. Paste it again.");
  const applicationId = required("application-id", "Copy it from the application's page in SecretStash.");
  check(
    "application-id",
    isIdentifier(applicationId),
    "is not an id. Copy it from the application's page in SecretStash.",
  );
  const label = text("label");
  check("label", label.length <= 255, "must be at most 255 characters");
  const prefix = text("prefix");
  check(
    "prefix",
    /^([A-Za-z_][A-Za-z0-9_]*)?$/.test(prefix),
    "must be letters, digits and _, and not begin with a digit",
  );
  const isGlob = (text: string) => compileGlob(text) !== undefined;
  const unmasked = list("unmasked", isGlob, "a [ does not close, or holds no range");
  const isType = (text: string) => environmentTypes.includes(text);
  const ttlMinutes = wholeNumber("ttl", [5, 60], "minutes");
  const grantWaitMinutes = wholeNumber("grant-wait", [0, 60], "minutes");
  check(
    "grant-wait",
    !(grantWaitMinutes > ttlMinutes),
    `must be at most ttl, ${ttlMinutes} minutes: the key dies then`,
  );

  const inputs: Inputs = {
    apiToken,
    applicationId,
    environments: parseEnvironments(reader),
    environmentTypes: list("environment-types", isType, `expected ${environmentTypes.join(", ")}`),
    apiUrl: parseApiUrl(text("api-url"), (expected) => check("api-url", false, expected)),
    ttlMinutes,
    grantWaitMinutes,
    label,
    grantKey: text("grant-key"),
    rules: parseVariableRules(untrimmed("variables"), (mistake) => check("variables", false, mistake)),
    required: list("required", isPortableName, "expected a name, as it is after renaming"),
    prefix,
    resolveReferences: flag("resolve-references"),
    ignore: list("ignore"),
    allowNames: list("allow-names", isPortableName, "expected a name"),
    // With `run`, the variables are for that command alone unless the job is asked for in so many words.
    exportEnv: flag("export-env") && (text("run") === "" || given("export-env").trim() !== ""),
    outputs: flag("outputs"),
    envFiles: parseEnvFileRequests(reader),
    keepEnvFile: flag("keep-env-file"),
    unmasked,
    minMaskLength: wholeNumber("min-mask-length", [0, 1000], "characters"),
    run: text("run"),
    shell: parseShell(reader),
    workingDirectory: text("working-directory"),
    revoke: flag("revoke"),
    timeoutSeconds: wholeNumber("timeout", [1, 3600], "seconds"),
    caFile: text("ca-file"),
    leakCheck: reader.oneOf("leak-check", leakPolicies),
    summary: flag("summary"),
  };
  reader.oneOf("on-missing-credentials", missingCredentialsPolicies);
  if (reader.mistakes.length === 0) return inputs;
  const lines = reader.mistakes.map((mistake) => `- ${mistake}`);
  throw new StashError("INPUTS_INVALID", `The inputs cannot be used as they are:\n${lines.join("\n")}`);
}

// As the service has them (docs/protocol.md, HTTP).
const environmentTypes = ["local", "development", "production", "testing"];

const missingCredentialsPolicies = ["fail", "skip"] as const;

/** Whether a run without a token is to end well. Asked before everything else, because then nothing else counts. */
export function skipsForMissingCredentials(given: (name: InputName) => string): boolean {
  return given("api-token").trim() === "" && given("on-missing-credentials").trim() === "skip";
}

function parseEnvironments({ list, check }: InputReader<InputName>): string[] {
  const remedy = "Set it to an environment's slug, such as testing.";
  const environments = list("environment", isIdentifier, `is not an id. ${remedy}`);
  check("environment", environments.length > 0, `is missing. ${remedy}`);
  check("environment", new Set(environments).size === environments.length, "names one environment twice");
  return environments;
}

/** Ids become parts of a path, where `.` and `..` would mean something else. */
export function isIdentifier(text: string): boolean {
  return !/^\.{1,2}$|\p{Cc}/u.test(text);
}

const namedShells = ["bash", "sh", "pwsh", "python"] as const;

function parseShell({ text, check }: InputReader<InputName>): string {
  const shell = text("shell");
  const isNamed = (namedShells as readonly string[]).includes(shell);
  check(
    "shell",
    isNamed || shell.includes("{0}"),
    `must be ${namedShells.join(", ")}, or a command with {0} for the script`,
  );
  return shell;
}
