import { appendFileSync } from "node:fs";
import { homedir } from "node:os";
import { resolve } from "node:path";
import { formatShell } from "../format/shell.ts";
import { StashError, systemCode } from "../lib/errors.ts";
import type { Exporter, System } from "./host.ts";
import { createShellSystem, type ExporterOptions, type SystemOptions } from "./shell.ts";

/** CircleCI. Nothing masks the log there; `exec` does. */
export function createCircleCiSystem(options: SystemOptions): System {
  const { CIRCLE_WORKING_DIRECTORY, HOME } = options.environment;
  const system = createShellSystem(options);
  const workspace = resolve(CIRCLE_WORKING_DIRECTORY?.replace(/^~/, HOME ?? homedir()) || ".");
  return { ...system, job: { ...system.job, workspace } };
}

/** The bash of every later step reads the file in `BASH_ENV`. */
export function createCircleCiExporter({ environment, session, log }: ExporterOptions): Exporter {
  return {
    refusedNames: [],
    publish: ({ environment: variables }) => {
      if (variables.size === 0) return;
      const text = formatShell(new Map([["SECRET_STASH_SESSION_DIR", session.path], ...variables]));
      try {
        if (!environment.BASH_ENV) throw new TypeError("BASH_ENV is not set");
        appendFileSync(environment.BASH_ENV, text, { mode: 0o600 }); // One write: all or nothing.
      } catch (cause) {
        throw new StashError(
          "EXPORT_FAILED",
          `The variables cannot be handed to later steps, because the file in BASH_ENV cannot be written (${systemCode(cause)}). The ` +
            "disk may be full, or this is not a CircleCI job. Nothing was exported.",
          { cause },
        );
      }
      log.warn("CircleCI does not mask these values in the log. Where that matters, use exec.");
    },
  };
}
