import { appendFileSync } from "node:fs";
import { homedir } from "node:os";
import { resolve } from "node:path";
import { StashError, systemCode } from "../lib/errors.ts";
import { formatShell } from "../format/shell.ts";
import type { Host } from "./host.ts";
import { createShellHost, type ShellOptions } from "./shell.ts";

/** CircleCI: every later step's bash reads the file in `BASH_ENV`. Nothing masks there: see `exec`. */
export function createCircleCiHost(options: ShellOptions): Host {
  const { environment, session } = options;
  const host = createShellHost(options);
  return {
    ...host,
    workspace: resolve(
      environment.CIRCLE_WORKING_DIRECTORY?.replace(/^~/, environment.HOME ?? homedir()) || ".",
    ),
    publish: ({ environment: variables }) => {
      if (variables.size === 0) return;
      const text = formatShell(new Map([["SECRET_STASH_SESSION_DIR", session.path], ...variables]));
      try {
        if (!environment.BASH_ENV) throw new TypeError("BASH_ENV is not set");
        appendFileSync(environment.BASH_ENV, text, { mode: 0o600 }); // one write: all or nothing
      } catch (cause) {
        throw new StashError(
          "EXPORT_FAILED",
          `The variables cannot be handed to later steps: BASH_ENV cannot be written (${systemCode(cause)}). The disk may be full, or ` +
            "this is no CircleCI job. Nothing was exported.",
          { cause },
        );
      }
      host.warn("CircleCI does not mask these values in the log. Where that matters, use exec.");
    },
  };
}
