import { closeSync, constants, fstatSync, openSync, truncateSync, writeFileSync } from "node:fs";
import { EOL } from "node:os";
import { formatGitHub } from "../format/github.ts";
import { StashError, systemCode } from "../lib/errors.ts";
import type { Exports } from "./host.ts";

/**
 * Writes the variables to GITHUB_ENV and the outputs to GITHUB_OUTPUT. Each file gets one append, not one for each variable as
 * `core.exportVariable` makes: a killed step or a full disk must not leave half of the variables behind.
 *
 * @throws {StashError} `EXPORT_FAILED`; both files are then as they were
 */
export function publishToCommandFiles(
  environment: NodeJS.ProcessEnv,
  { environment: variables, outputs }: Exports,
): void {
  const files: { path: string; descriptor: number; size: number }[] = [];
  try {
    for (const [file, entries] of [
      ["GITHUB_OUTPUT", outputs],
      ["GITHUB_ENV", variables],
    ] as const) {
      if (entries.size === 0) continue;
      const path = environment[file] ?? "";
      const descriptor = openCommandFile(path);
      files.push({ path, descriptor, size: fstatSync(descriptor).size });
      writeFileSync(descriptor, formatGitHub(entries, EOL));
    }
  } catch (cause) {
    for (const file of files) rollBack(file);
    throw new StashError(
      "EXPORT_FAILED",
      `The variables cannot be handed to later steps, because GITHUB_ENV or GITHUB_OUTPUT cannot be written (${systemCode(cause)}). ` +
        "The runner's disk may be full, or this is not a GitHub runner. Nothing was exported.",
      { cause },
    );
  } finally {
    for (const { descriptor } of files) closeSync(descriptor);
  }
}

/**
 * Adds to `GITHUB_STATE`. The value is on disk when this returns.
 *
 * @throws the system's error
 */
export function appendToState(path: string, name: string, value: string): void {
  const descriptor = openCommandFile(path);
  try {
    writeFileSync(descriptor, formatGitHub(new Map([[name, value]]), EOL));
  } finally {
    closeSync(descriptor);
  }
}

/** The command of `run` could put a pipe in the place of one of these, which would block whoever opens it. */
function openCommandFile(path: string): number {
  const { O_WRONLY, O_APPEND, O_NONBLOCK = 0 } = constants;
  const descriptor = openSync(path, O_WRONLY | O_APPEND | O_NONBLOCK);
  const found = fstatSync(descriptor);
  if (!found.isFIFO() && !found.isSocket()) return descriptor;
  closeSync(descriptor);
  throw Object.assign(new TypeError("not a file"), { code: "NOT_A_FILE" });
}

function rollBack({ path, size }: { path: string; size: number }): void {
  try {
    truncateSync(path, size); // By path: Windows does not truncate a descriptor that is open for appending (nodejs/node#3177).
  } catch {
    // The step fails anyway, and the error that led here is the one to report.
  }
}
