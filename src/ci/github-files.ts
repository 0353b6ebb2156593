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
      const descriptor = openSync(path, constants.O_WRONLY | constants.O_APPEND);
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

function rollBack({ path, size }: { path: string; size: number }): void {
  try {
    truncateSync(path, size); // By path: Windows does not truncate a descriptor that is open for appending (nodejs/node#3177).
  } catch {
    // The step fails anyway, and the error that led here is the one to report.
  }
}
