import { isPortableName } from "../select/dangerous-names.ts";
import { compileGlob, INVALID_PATTERN } from "../select/patterns.ts";
import { parseVariableRules, type VariableRule } from "../select/rules.ts";
import { parseApiUrl } from "./api-url.ts";
import { type LeakPolicy, leakPolicies } from "./clean-up.ts";
import type { Credentials, GrantKeyInput } from "./credentials.ts";
import { type InputName, inputDefaults, inputVariable } from "./defaults.ts";
import { parseDekPins } from "./dek-pins.ts";
import { type EnvFileRequest, parseEnvFileRequests } from "./env-files.ts";
import { createInputReader, type InputReader, isIdentifier } from "./reader.ts";
import { resolveIfGiven } from "./resolve.ts";

/** Every input as a typed value, grouped by the room that uses it. */
export interface Inputs {
  service: ServiceInputs;
  access: AccessInputs;
  selection: SelectionInputs;
  exports: ExportInputs;
  masking: MaskingInputs;
  command: CommandInputs;
  cleanUp: { revoke: boolean; leakCheck: LeakPolicy; summary: boolean };
}

export interface ServiceInputs {
  apiToken: string;
  applicationId: string;
  /** https, or http on loopback */
  apiUrl: URL;
  /** of one request, retries included */
  timeoutSeconds: number;
  /** absolute path of certificates to trust in addition to Node's own; empty if there is none */
  caFile: string;
}

export interface AccessInputs {
  grantKey: GrantKeyInput | undefined;
  /** how long to wait for an approval; 0 means not at all */
  grantWaitMinutes: number;
  /** the fingerprint, or its beginning, of the DEK that each environment must have; empty for any */
  dekPins: ReadonlyMap<string, string>;
  ttlMinutes: number;
  /** empty for the default */
  label: string;
}

export interface SelectionInputs {
  /** slugs; later ones win */
  environments: readonly string[];
  /** the types that an environment may have; empty for any */
  environmentTypes: readonly string[];
  rules: readonly VariableRule[];
  ignore: readonly string[];
  prefix: string;
  required: readonly string[];
  resolveReferences: boolean;
}

export interface ExportInputs {
  exportEnv: boolean;
  outputs: boolean;
  envFiles: readonly EnvFileRequest[];
  keepEnvFile: boolean;
  allowNames: readonly string[];
  /** whether later steps can use the session: not with `run`, after which the key and the files are gone */
  outlivesMain: boolean;
}

export interface MaskingInputs {
  /** names or patterns */
  unmasked: readonly string[];
  minMaskLength: number;
}

export interface CommandInputs {
  /** a command that gets the variables instead of the job; empty if there is none */
  run: string;
  shell: string;
  workingDirectory: string;
}

/** What the inputs are parsed with. */
export interface InputContext {
  credentials: Credentials;
  /** where relative paths start */
  workspace: string;
  /** why this run gets no secrets, as a sentence, if the CI system can tell */
  missingSecrets: string | undefined;
  /** inputs that were given as variables, where those are not read */
  misplaced: readonly string[];
}

/**
 * Parses every input.
 *
 * @param given the text of an input, or `""`
 * @throws {StashError} `INPUTS_INVALID`, with every mistake at once
 */
export function parseInputs(given: (name: InputName) => string, context: InputContext): Inputs {
  const reader = createInputReader(given, inputDefaults);
  const { text, list, flag, wholeNumber } = reader;
  const inputs: Inputs = {
    service: parseService(reader, context),
    access: parseAccess(reader, context.credentials),
    selection: parseSelection(reader),
    exports: {
      // With `run`, the variables are meant for that command only, unless export-env says otherwise.
      exportEnv: flag("export-env") && (text("run") === "" || given("export-env").trim() !== ""),
      outputs: flag("outputs"),
      envFiles: parseEnvFileRequests(reader),
      keepEnvFile: flag("keep-env-file"),
      allowNames: list("allow-names", isPortableName, "expected a name"),
      outlivesMain: text("run") === "",
    },
    masking: {
      unmasked: list("unmasked", (name) => compileGlob(name) !== undefined, INVALID_PATTERN),
      minMaskLength: wholeNumber("min-mask-length", [0, 1000], "characters"),
    },
    command: { run: text("run"), shell: parseShell(reader), workingDirectory: text("working-directory") },
    cleanUp: {
      revoke: flag("revoke"),
      leakCheck: reader.oneOf("leak-check", leakPolicies),
      summary: flag("summary"),
    },
  };
  reader.oneOf("on-missing-credentials", ["fail", "skip"]);
  for (const name of context.misplaced) reader.check(name as InputName, false, explainMisplaced(name));
  reader.throwIfInvalid("The inputs are not valid:");
  return inputs;
}

function explainMisplaced(name: string): string {
  return (
    `the variable ${inputVariable(name)} is not read on GitHub, because every earlier step can set it. Remove it, and write in the step: ` +
    `with: { ${name}: … }`
  );
}

const ID_REMEDY = "Copy it from the application's page in SecretStash.";

function parseService(reader: InputReader<InputName>, context: InputContext): ServiceInputs {
  const { text, wholeNumber, check, required } = reader;
  const { missingSecrets } = context;
  required(
    "api-token",
    missingSecrets === undefined
      ? "Create a token in SecretStash, and pass it from a secret."
      : `${missingSecrets} Set on-missing-credentials to skip to let such runs go on without the variables.`,
  );
  const { apiToken } = context.credentials;
  const isToken = /^[\x21-\x7e]*$/.test(apiToken);
  check("api-token", isToken, "holds white space or other characters that no token has. Paste it again.");
  const applicationId = required("application-id", ID_REMEDY);
  check("application-id", isIdentifier(applicationId), `is not an id. ${ID_REMEDY}`);
  return {
    apiToken,
    applicationId,
    apiUrl: parseApiUrl(text("api-url"), (why) => check("api-url", false, why)),
    timeoutSeconds: wholeNumber("timeout", [1, 3600], "seconds"),
    caFile: resolveIfGiven(text("ca-file"), context.workspace),
  };
}

/** characters of a key's label that the service takes */
export const MAX_LABEL = 255;

function parseAccess(reader: InputReader<InputName>, credentials: Credentials): AccessInputs {
  const { text, wholeNumber, check } = reader;
  const label = text("label");
  check("label", label.length <= MAX_LABEL, `must be at most ${MAX_LABEL} characters`);
  const ttlMinutes = wholeNumber("ttl", [5, 60], "minutes");
  const grantWaitMinutes = wholeNumber("grant-wait", [0, 60], "minutes");
  const isTooLong = grantWaitMinutes > ttlMinutes;
  check(
    "grant-wait",
    !isTooLong,
    `must be at most ttl (${ttlMinutes} minutes), because the key expires then`,
  );
  const dekPins = parseDekPins(reader);
  return { grantKey: credentials.grantKey, grantWaitMinutes, dekPins, ttlMinutes, label };
}

// The service's own list (docs/protocol.md, HTTP).
const environmentTypes = ["local", "development", "production", "testing"];

function parseSelection(reader: InputReader<InputName>): SelectionInputs {
  const { text, untrimmed, list, flag, check } = reader;
  const remedy = "Set it to an environment's slug, such as testing.";
  const environments = list("environment", isIdentifier, `is not an id. ${remedy}`);
  check("environment", environments.length > 0, `is missing. ${remedy}`);
  check("environment", new Set(environments).size === environments.length, "names one environment twice");
  const prefix = text("prefix");
  const isPrefix = /^([A-Za-z_][A-Za-z0-9_]*)?$/.test(prefix);
  check("prefix", isPrefix, "must consist of letters, digits and _, and not begin with a digit");
  const isType = (type: string) => environmentTypes.includes(type);
  return {
    environments,
    environmentTypes: list("environment-types", isType, `expected ${environmentTypes.join(", ")}`),
    rules: parseVariableRules(untrimmed("variables"), (mistake) => check("variables", false, mistake)),
    ignore: list("ignore"),
    prefix,
    required: list("required", isPortableName, "expected a name, as it is after renaming"),
    resolveReferences: flag("resolve-references"),
  };
}

const namedShells = ["bash", "sh", "pwsh", "python"];

function parseShell({ text, check }: InputReader<InputName>): string {
  const shell = text("shell");
  const isValid = namedShells.includes(shell) || shell.includes("{0}");
  check("shell", isValid, `must be ${namedShells.join(", ")}, or a command with {0} for the script`);
  return shell;
}
