import { hostname } from "node:os";
import { dirname, join, resolve } from "node:path";
import { describeError, StashError, systemCode } from "../lib/errors.ts";
import { formatShell } from "../format/shell.ts";
import type { Exports, Host } from "./host.ts";
import { inputVariable } from "../inputs/reader.ts";
import type { SessionDirectory } from "./session-directory.ts";

export interface ShellOptions {
  environment: NodeJS.ProcessEnv;
  /** inputs given as flags or files; they win over the environment */
  given: ReadonlyMap<string, string>;
  session: SessionDirectory;
  /** where the variables go: `stdout`, for `eval`, or a file to source */
  exportsTo: "stdout" | "file";
  cancelled: AbortSignal;
}

/** Where the file to source is, in the session directory. */
const VARIABLES_FILE = "variables.sh";

// There is `exec` for a command, and there are no outputs and no summary page.
const notHere = ["run", "shell", "working-directory", "outputs", "summary"];

/** Any shell: nothing masks the log, so the values are kept for the redactor. Every message goes to stderr. */
export function createShellHost({ environment, given, session, exportsTo, cancelled }: ShellOptions): Host {
  const say = (message: string) => void process.stderr.write(`${message}\n`);
  return {
    environment,
    temporaryDirectory: session.path,
    leftoversDirectory: dirname(session.path),
    workspace: resolve("."),
    hostname: hostname() || "Unknown Host",
    jobName: undefined,
    origin: {},
    platform: process.platform,
    refusedNames: [],
    masking: "redactor",
    cancelled,
    readInput: (name) => {
      if (notHere.includes(name)) return "";
      return given.get(name) ?? environment[inputVariable(name)] ?? "";
    },
    mask: async () => {},
    saveState: (name, value) => {
      try {
        session.write(`${name}.json`, value);
      } catch (cause) {
        throw new StashError(
          "STATE_FAILED",
          `What must be cleaned up later cannot be saved in the session directory (${systemCode(cause)}). The disk may be full. ` +
            "Nothing was exported.",
          { cause },
        );
      }
    },
    readState: (name) => session.read(`${name}.json`),
    publish: ({ environment: variables }) => publish(session, exportsTo, variables),
    info: say,
    group: (title, lines) => {
      say(title);
      for (const line of lines) say(`  ${line}`);
    },
    notice: (message) => say(`SecretStash: ${message}`),
    warn: (message) => say(`SecretStash warning: ${message}`),
    fail: (error) => {
      const { title, message } = describeError(error);
      say(`${title}\n${message}`);
    },
    debug: (message) => {
      if (/^true$/i.test(environment.SECRET_STASH_DEBUG ?? "")) say(`SecretStash debug: ${message}`);
    },
    summarize: async () => {},
    whyNoSecrets: () => undefined,
    checkJob: () => {},
  };
}

function publish(
  session: SessionDirectory,
  exportsTo: ShellOptions["exportsTo"],
  variables: Exports["environment"],
): void {
  if (variables.size === 0) return;
  const text = formatShell(new Map([["SECRET_STASH_SESSION_DIR", session.path], ...variables]));
  if (exportsTo === "stdout") {
    process.stdout.write(text);
    return;
  }
  try {
    session.write(VARIABLES_FILE, text);
  } catch (cause) {
    throw new StashError(
      "EXPORT_FAILED",
      `The file to source cannot be written in the session directory (${systemCode(cause)}). The disk may be full. Nothing was exported.`,
      { cause },
    );
  }
  process.stdout.write(`${join(session.path, VARIABLES_FILE)}\n`);
}
