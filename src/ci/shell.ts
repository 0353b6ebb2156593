import { hostname, tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { formatShell } from "../format/shell.ts";
import { gitHubInputs, inputVariable } from "../inputs/defaults.ts";
import { StashError, systemCode } from "../lib/errors.ts";
import type { Exporter, IdTokens, Log, StateStore, System } from "./host.ts";
import { tokensOfGitHub } from "./oidc/github.ts";
import { buildkiteProgram, circleCiProgram, tokensOfProgram } from "./oidc/program.ts";
import { tokenOfVariable } from "./oidc/variable.ts";
import type { SessionDirectory } from "./session-directory.ts";

export interface SystemOptions {
  environment: NodeJS.ProcessEnv;
  /** inputs that were given as flags or files; they win over the environment */
  given: ReadonlyMap<string, string>;
  cancelled: AbortSignal;
}

export interface ExporterOptions {
  environment: NodeJS.ProcessEnv;
  session: SessionDirectory;
  /** where the variables go: to stdout for `eval`, or to a file to source */
  exportsTo: "stdout" | "file";
  log: Log;
}

/** The file to source, in the session directory. */
const VARIABLES_FILE = "variables.sh";

/** Any shell. Nothing masks the log, so the values are kept for the redactor. Every message goes to stderr. */
export function createShellSystem({ environment, given, cancelled }: SystemOptions): System {
  const temporaryDirectory = resolve(environment.RUNNER_TEMP || tmpdir());
  const log = createShellLog(/^true$/i.test(environment.SECRET_STASH_DEBUG ?? ""));
  const readInput = (name: string) => {
    if (gitHubInputs.includes(name)) return "";
    return given.get(name) ?? environment[inputVariable(name)] ?? "";
  };
  return {
    environment,
    cancelled,
    log,
    job: {
      name: undefined,
      origin: {},
      workspace: resolve("."),
      temporaryDirectory,
      ownsTemporaryDirectory: false,
      leftoversDirectory: temporaryDirectory,
      hostname: hostname() || "Unknown Host",
      platform: process.platform,
    },
    readInput,
    idTokens: tokensOf({ environment, given, cancelled }, log, readInput),
    misplacedInputs: [],
    explainMissingSecrets: () => undefined,
    refuseTracedJob: () => {},
  };
}

/** Azure Pipelines is not among them: the audience of its tokens is a value of its own, which every service that trusts it shares. */
function tokensOf(
  { environment, cancelled }: SystemOptions,
  log: Log,
  readInput: (name: string) => string,
): IdTokens {
  const program = environment.BUILDKITE === "true" ? buildkiteProgram : circleCiProgram;
  if (environment.BUILDKITE === "true" || environment.CIRCLECI === "true") {
    return tokensOfProgram(program, { environment, workspace: resolve("."), cancelled });
  }
  if (environment.GITHUB_ACTIONS === "true") {
    return tokensOfGitHub({ environment, cancelled, log, explainMissingSecrets: () => undefined });
  }
  return tokenOfVariable(
    readInput("id-token").trim(),
    "Set SECRET_STASH_ID_TOKEN to a token that the CI system has issued for the broker's address, or use --id-token-file.",
  );
}

function createShellLog(isDebugging: boolean): Log {
  const say = (message: string) => void process.stderr.write(`${message}\n`);
  return {
    masking: "redactor",
    keepsSecrets: true,
    mask: async () => {},
    info: say,
    debug: (message) => {
      if (isDebugging) say(`SecretStash debug: ${message}`);
    },
    group: (title, lines) => {
      say(title);
      for (const line of lines) say(`  ${line}`);
    },
    notice: (message) => say(`SecretStash: ${message}`),
    warn: (message) => say(`SecretStash warning: ${message}`),
    summarize: async () => {},
  };
}

/** Keeps state in the session directory. */
export function createSessionState(session: SessionDirectory): StateStore {
  return {
    scope: basename(session.path),
    save: (name, value) => {
      try {
        session.write(`${name}.json`, value);
      } catch (cause) {
        throw new StashError(
          "STATE_FAILED",
          "The list of things to clean up later cannot be saved in the session directory " +
            `(${systemCode(cause)}). The disk may be full. Nothing was exported.`,
          { cause },
        );
      }
    },
    read: (name) => session.read(`${name}.json`),
  };
}

// Linux starts no process with a longer string in its environment (execve(2), MAX_ARG_STRLEN). A shell that exports one can start no command,
// not even to clean up.
const MOST_EXPORTED = process.platform === "linux" ? 128 * 1024 : undefined;

/** Writes a file to source and prints its path, or prints the text itself for `eval`. */
export function createShellExporter({ session, exportsTo }: ExporterOptions): Exporter {
  return {
    refusedNames: [],
    publish: ({ environment: variables }) => {
      if (variables.size === 0) return;
      const text = formatShell(
        new Map([["SECRET_STASH_SESSION_DIR", session.path], ...variables]),
        MOST_EXPORTED,
      );
      process.stdout.write(exportsTo === "stdout" ? text : `${writeVariables(session, text)}\n`);
    },
  };
}

function writeVariables(session: SessionDirectory, text: string): string {
  try {
    session.write(VARIABLES_FILE, text);
    return join(session.path, VARIABLES_FILE);
  } catch (cause) {
    throw new StashError(
      "EXPORT_FAILED",
      `The file to source cannot be written in the session directory (${systemCode(cause)}). The disk may be full. Nothing was exported.`,
      { cause },
    );
  }
}
