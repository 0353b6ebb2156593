import { hash } from "node:crypto";
import { once } from "node:events";
import { closeSync, constants, fstatSync, openSync, truncateSync, writeFileSync } from "node:fs";
import { EOL, hostname, tmpdir } from "node:os";
import { resolve } from "node:path";
import * as core from "@actions/core";
import { describeError, StashError, systemCode } from "../lib/errors.ts";
import { formatGitHub } from "../format/github.ts";
import { whyNoSecrets } from "./github-event.ts";
import type { Exports, Host } from "./host.ts";
import { inputVariable } from "../inputs/reader.ts";
import { describeGitHubJob } from "./job-origin.ts";

const LONG_MARK = 44; // characters of a SHA-256 in base64: no secret that is a mark by itself has as many

/** GitHub Actions. `@actions/core` speaks the workflow commands; the command files are written here, all or nothing. */
export function createGitHubHost(environment: NodeJS.ProcessEnv, cancelled: AbortSignal): Host {
  const masked = new Set<string>();
  return {
    environment,
    temporaryDirectory: resolve(environment.RUNNER_TEMP || tmpdir()),
    leftoversDirectory: resolve(environment.RUNNER_TEMP || tmpdir()),
    workspace: resolve(environment.GITHUB_WORKSPACE || "."),
    hostname: hostname() || "Unknown Host",
    ...describeGitHubJob(environment),
    platform: process.platform,
    refusedNames: ["NODE_OPTIONS"], // src/Runner.Worker/FileCommandManager.cs, _setEnvBlockList
    masking: "runner",
    cancelled,
    readInput: (name) =>
      core.getInput(name, { trimWhitespace: false }) || (environment[inputVariable(name)] ?? ""),
    mask: (secrets) => mask(secrets, masked),
    saveState: (name, value) => saveState(environment, name, value),
    readState: core.getState,
    publish: (exports) => publish(environment, exports),
    info: core.info,
    debug: core.debug,
    group: (title, lines) => {
      core.startGroup(title);
      for (const line of lines) core.info(line);
      core.endGroup();
    },
    notice: (message) => core.notice(message, { title: "SecretStash" }),
    warn: (message, place) =>
      core.warning(message, {
        title: "SecretStash",
        ...(place && { file: place.file, startLine: place.line, startColumn: place.column }),
      }),
    summarize: async (markdown) => {
      try {
        await core.summary.addRaw(markdown, true).write();
      } catch (error) {
        core.warning(
          `The job's summary page cannot be written (${systemCode(error)}). The runner's disk may be full, or it has no summaries: set ` +
            "summary to false. Nothing else is affected.",
          { title: "SecretStash" },
        );
      }
    },
    fail: (error) => {
      const { title, message } = describeError(error);
      core.error(message, { title });
      process.exitCode = error instanceof StashError ? error.exitCode : core.ExitCode.Failure;
    },
    whyNoSecrets: () => whyNoSecrets(environment),
    checkJob: () => {},
  };
}

/**
 * `core.setSecret` writes to a stream that buffers whatever the runner has not read yet, and a file written meanwhile would be
 * ahead of its masks. So each full buffer is waited for, and at the end the last byte. The stream is corked in between: one write a
 * mask would take longer than everything else about it.
 *
 * @param masked marks of what the runner knows already: each mask costs a search of every later line, so none goes twice
 */
async function mask(secrets: Iterable<string>, masked: Set<string>): Promise<void> {
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

/** What tells secrets apart, without keeping the long ones. */
function markOf(secret: string): string {
  return secret.length < LONG_MARK ? secret : hash("sha256", secret, "base64");
}

/** Without its file, `core.saveState` falls back to a command that the runner ignores, and post would find nothing to undo. */
function saveState(environment: NodeJS.ProcessEnv, name: string, value: string): void {
  try {
    if (!environment.GITHUB_STATE) throw new TypeError("GITHUB_STATE is not set");
    core.saveState(name, value);
  } catch (cause) {
    throw new StashError(
      "STATE_FAILED",
      `What the post step must clean up cannot be saved: GITHUB_STATE cannot be written (${systemCode(cause)}). ` +
        "The runner's disk may be full, or this is not a GitHub runner. Nothing was exported.",
      { cause },
    );
  }
}

/**
 * One append a file, not one a variable as `core.exportVariable` does: a killed step or a full disk must not leave half of
 * the variables behind.
 */
function publish(environment: NodeJS.ProcessEnv, { environment: variables, outputs }: Exports): void {
  const files: { path: string; descriptor: number; size: number }[] = [];
  try {
    for (const [file, entries] of [
      ["GITHUB_OUTPUT", outputs],
      ["GITHUB_ENV", variables],
    ] as const) {
      if (entries.size === 0) continue;
      const path = environment[file] ?? "";
      const descriptor = openSync(path, constants.O_WRONLY | constants.O_APPEND);
      files.push({ path, descriptor, size: fstatSync(descriptor).size });
      writeFileSync(descriptor, formatGitHub(entries, EOL));
    }
  } catch (error) {
    for (const file of files) rollBack(file);
    throw exportFailed(error);
  } finally {
    for (const { descriptor } of files) closeSync(descriptor);
  }
}

function rollBack({ path, size }: { path: string; size: number }): void {
  try {
    truncateSync(path, size); // by path: Windows truncates no descriptor that is open for appending (nodejs/node#3177)
  } catch {
    // The step fails in any case, and the error that led here is the one to report.
  }
}

function exportFailed(cause: unknown): StashError {
  return new StashError(
    "EXPORT_FAILED",
    `The variables cannot be handed to later steps: GITHUB_ENV or GITHUB_OUTPUT cannot be written (${systemCode(cause)}). ` +
      "The runner's disk may be full, or this is not a GitHub runner. Nothing was exported.",
    { cause },
  );
}
