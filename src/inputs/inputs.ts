import { isPortableName } from "../select/dangerous-names.ts";
import { compileGlob, INVALID_PATTERN } from "../select/patterns.ts";
import { type AccessInputs, parseAccess } from "./access.ts";
import { parseApiUrl } from "./api-url.ts";
import { type BrokerInputs, parseBroker } from "./broker.ts";
import { type CleanUpInputs, leakPolicies } from "./clean-up.ts";
import type { Credentials } from "./credentials.ts";
import { type InputName, inputDefaults, inputVariable } from "./defaults.ts";
import { type EnvFileRequest, parseEnvFileRequests } from "./env-files.ts";
import { type FileRequest, parseFileRequests } from "./files.ts";
import { createInputReader, type InputReader, isIdentifier } from "./reader.ts";
import { resolveIfGiven } from "./resolve.ts";
import { parseSelection, type SelectionInputs } from "./selection.ts";

/** Every input as a typed value, grouped by the room that uses it. */
export interface Inputs {
  credentials: Credentials;
  service: ServiceInputs;
  /** the key broker, if one gives access; `service` is then never asked */
  broker: BrokerInputs | undefined;
  access: AccessInputs;
  selection: SelectionInputs;
  exports: ExportInputs;
  masking: MaskingInputs;
  command: CommandInputs;
  cleanUp: Pick<CleanUpInputs, "revoke" | "leakCheck" | "leakIgnore" | "summary">;
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

export interface ExportInputs {
  exportEnv: boolean;
  outputs: boolean;
  envFiles: readonly EnvFileRequest[];
  keepEnvFile: boolean;
  files: readonly FileRequest[];
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
  /** inputs that were given, and mean nothing without a command */
  ignored: readonly string[];
}

/** What the inputs are parsed with: the credentials among them, and what the CI system says. */
export interface InputContext {
  credentials: Credentials;
  job: { readonly workspace: string };
  /** why this run gets no secrets, as a sentence, if the CI system can tell */
  explainMissingSecrets(): string | undefined;
  /** inputs that were given as variables, where those are not read */
  misplacedInputs: readonly string[];
  idTokens: { readonly namesAudience: boolean };
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
  const needsRun = (["shell", "working-directory"] as const).filter((name) => given(name).trim() !== "");
  const broker = parseBroker(reader, context.credentials, context.idTokens.namesAudience);
  const inputs: Inputs = {
    credentials: context.credentials,
    service: parseService(reader, context, broker !== undefined),
    broker,
    access: parseAccess(reader, context.credentials),
    selection: parseSelection(reader),
    exports: {
      // With `run`, the variables are meant for that command only, unless export-env says otherwise.
      exportEnv: flag("export-env") && (text("run") === "" || given("export-env").trim() !== ""),
      outputs: flag("outputs"),
      envFiles: parseEnvFileRequests(reader),
      keepEnvFile: flag("keep-env-file"),
      files: parseFileRequests(reader),
      allowNames: list("allow-names", isPortableName, "expected a name"),
      outlivesMain: text("run") === "",
    },
    masking: {
      unmasked: list("unmasked", (name) => compileGlob(name) !== undefined, INVALID_PATTERN),
      minMaskLength: wholeNumber("min-mask-length", [0, 1000], "characters"),
    },
    command: {
      run: text("run"),
      shell: parseShell(reader),
      workingDirectory: text("working-directory"),
      ignored: text("run") === "" ? needsRun : [],
    },
    cleanUp: {
      revoke: flag("revoke"),
      leakCheck: reader.oneOf("leak-check", leakPolicies),
      leakIgnore: text("leak-ignore"),
      summary: flag("summary"),
    },
  };
  reader.oneOf("on-missing-credentials", ["fail", "skip"]);
  for (const name of context.misplacedInputs) reader.check(name as InputName, false, explainMisplaced(name));
  reader.throwIfInvalid("The inputs are not valid:");
  return inputs;
}

function explainMisplaced(name: string): string {
  const instead =
    name === "id-token"
      ? ": the action asks GitHub for a token itself"
      : `, and write in the step: with: { ${name}: … }`;
  return `the variable ${inputVariable(name)} is not read on GitHub, because every earlier step can set it. Remove it${instead}`;
}

const ID_REMEDY = "Copy it from the application's page in SecretStash.";

function parseService(
  reader: InputReader<InputName>,
  context: InputContext,
  hasBroker: boolean,
): ServiceInputs {
  const { text, list, wholeNumber, check, required } = reader;
  const missingSecrets = context.explainMissingSecrets();
  const remedy =
    missingSecrets === undefined
      ? "Create a token in SecretStash, and pass it from a secret. If there is a key broker, set broker-url instead."
      : `${missingSecrets} Set on-missing-credentials to skip to let such runs go on without the variables.`;
  if (!hasBroker) required("api-token", remedy);
  const { apiToken } = context.credentials;
  const isToken = /^[\x21-\x7e]*$/.test(apiToken);
  check("api-token", isToken, "holds white space or other characters that no token has. Paste it again.");
  // Not needed if every environment names its own.
  const isNamed = list("environment").some((name) => !name.includes("/"));
  const isNeeded = isNamed && !hasBroker;
  const applicationId = isNeeded ? required("application-id", ID_REMEDY) : text("application-id");
  check("application-id", isIdentifier(applicationId), `is not an id. ${ID_REMEDY}`);
  return {
    apiToken,
    applicationId,
    apiUrl: parseApiUrl(text("api-url"), (why) => check("api-url", false, why)),
    timeoutSeconds: wholeNumber("timeout", [1, 3600], "seconds"),
    caFile: resolveIfGiven(text("ca-file"), context.job.workspace),
  };
}

const namedShells = ["bash", "sh", "pwsh", "python"];

function parseShell({ text, check }: InputReader<InputName>): string {
  const shell = text("shell");
  const isValid = namedShells.includes(shell) || shell.includes("{0}");
  check("shell", isValid, `must be ${namedShells.join(", ")}, or a command with {0} for the script`);
  return shell;
}
