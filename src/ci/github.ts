import { hash } from "node:crypto";
import { once } from "node:events";
import { hostname, tmpdir } from "node:os";
import { resolve } from "node:path";
import * as core from "@actions/core";
import { inputDefaults, inputVariable, variableInputs } from "../inputs/defaults.ts";
import { describeError, StashError, systemCode } from "../lib/errors.ts";
import { explainMissingSecrets } from "./github-event.ts";
import { appendToState, publishToCommandFiles } from "./github-files.ts";
import type { Host, IdTokens, Log, StateStore } from "./host.ts";
import { describeGitHubJob } from "./job-origin.ts";
import type { TokenSurroundings } from "./oidc/github.ts";

const TITLE = { title: "SecretStash" };

/**
 * GitHub Actions. `@actions/core` writes the workflow commands; `github-files.ts` writes the command files, all or nothing.
 *
 * @param tokensOf gets OIDC tokens, for the main stage; the others need none, and so do not load what it needs
 */
export function createGitHubHost(
  environment: NodeJS.ProcessEnv,
  cancelled: AbortSignal,
  tokensOf: (surroundings: TokenSurroundings) => IdTokens = noTokens,
): Host {
  const temporaryDirectory = resolve(environment.RUNNER_TEMP || tmpdir());
  // Not by `core.getInput`, which reads the process's own environment: the inputs are no longer there (lib/own-environment.ts).
  const readInput = (name: string) =>
    environment[`INPUT_${name.toUpperCase()}`] ||
    (variableInputs.includes(name) ? (environment[inputVariable(name)] ?? "") : "");
  const log = createGitHubLog();
  const explain = () => explainMissingSecrets(environment);
  return {
    environment,
    cancelled,
    log,
    idTokens: tokensOf({ environment, cancelled, log, explainMissingSecrets: explain }),
    state: createStepState(environment),
    job: {
      ...describeGitHubJob(environment),
      workspace: resolve(environment.GITHUB_WORKSPACE || "."),
      temporaryDirectory,
      ownsTemporaryDirectory: false,
      leftoversDirectory: temporaryDirectory,
      hostname: hostname() || "Unknown Host",
      platform: process.platform,
    },
    exporter: {
      refusedNames: ["NODE_OPTIONS"], // src/Runner.Worker/FileCommandManager.cs, _setEnvBlockList
      publish: (exports) => publishToCommandFiles(environment, exports),
    },
    readInput,
    misplacedInputs: Object.keys(inputDefaults).filter(
      (name) => readInput(name) === "" && (environment[inputVariable(name)] ?? "") !== "",
    ),
    explainMissingSecrets: explain,
    refuseTracedJob: () => {},
  };
}

function noTokens(): IdTokens {
  return {
    namesAudience: true,
    findFault: () => undefined,
    request: () => Promise.reject(new TypeError("only the main stage asks for tokens")),
  };
}

/** Reports an error and makes the step fail, with the error's own exit code if it has one. */
export function failStep(error: unknown): void {
  const { title, message } = describeError(error);
  core.error(message, { title });
  process.exitCode = error instanceof StashError ? error.exitCode : core.ExitCode.Failure;
}

function createGitHubLog(): Log {
  const masked = new Set<string>();
  return {
    masking: "agent",
    keepsSecrets: false,
    mask: (secrets) => registerMasks(secrets, masked),
    info: core.info,
    debug: core.debug,
    group: (title, lines) => {
      core.startGroup(title);
      for (const line of lines) core.info(line);
      core.endGroup();
    },
    notice: (message) => core.notice(message, TITLE),
    warn: (message, place) => {
      const location = place && { file: place.file, startLine: place.line, startColumn: place.column };
      core.warning(message, { ...TITLE, ...location });
    },
    summarize: async (markdown) => {
      try {
        await core.summary.addRaw(markdown, true).write();
      } catch (error) {
        core.warning(
          `The job's summary page cannot be written (${systemCode(error)}). The runner's disk may be full, or the runner may not support ` +
            "summaries. In that case, set summary to false. Nothing else is affected.",
          TITLE,
        );
      }
    },
  };
}

const LONG_SECRET = 44; // The length of a SHA-256 in base64. A shorter secret is its own mark, so no two secrets share one.

/**
 * Registers masks with the runner. `core.setSecret` writes to a stream that buffers whatever the runner has not read yet, and a file that
 * is written meanwhile would be ahead of its masks. So every full buffer is waited for, and at the end the last byte. In between the
 * stream is corked: one write for each mask would take longer than everything else about it.
 *
 * @param masked marks of what the runner knows already: it searches every later line for each mask, so none is registered twice
 */
async function registerMasks(secrets: Iterable<string>, masked: Set<string>): Promise<void> {
  const { stdout } = process;
  stdout.cork();
  try {
    for (const secret of secrets) {
      const mark = markOf(secret);
      if (masked.has(mark)) continue;
      masked.add(mark);
      core.setSecret(secret);
      if (!stdout.writableNeedDrain) continue;
      stdout.uncork();
      if (stdout.writableNeedDrain) await once(stdout, "drain");
      stdout.cork();
    }
  } finally {
    stdout.uncork();
  }
  await new Promise((written) => stdout.write("", written));
}

/** Tells secrets apart without keeping the long ones in memory. */
function markOf(secret: string): string {
  return secret.length < LONG_SECRET ? secret : hash("sha256", secret, "base64");
}

/** Without GITHUB_STATE, `core.saveState` falls back to a workflow command. The runner still obeys it, but it would show the state in the log. */
function createStepState(environment: NodeJS.ProcessEnv): StateStore {
  return {
    scope: ["RUN_ID", "RUN_ATTEMPT", "JOB", "ACTION"].map((name) => environment[`GITHUB_${name}`]).join(" "),
    read: (name) => environment[`STATE_${name}`] ?? "",
    save: (name, value) => {
      try {
        if (!environment.GITHUB_STATE) throw new TypeError("GITHUB_STATE is not set");
        appendToState(environment.GITHUB_STATE, name, value);
      } catch (cause) {
        throw new StashError(
          "STATE_FAILED",
          `The list of things that the post step must clean up cannot be saved: GITHUB_STATE cannot be written (${systemCode(cause)}). ` +
            "The runner's disk may be full, or this is not a GitHub runner. Nothing was exported.",
          { cause },
        );
      }
    },
  };
}
