import { inputVariable } from "../../inputs/defaults.ts";
import { StashError } from "../../lib/errors.ts";
import type { Command } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { readGivenInputs, secretFileFlags, sessionFlag } from "../flags.ts";
import { findSession, neverCancelled } from "../session.ts";

export const leakCheck: Command = {
  usage: "leak-check [--session-dir DIR] [PATH ...]",
  description:
    "Searches for every value of the session, in the forms in which jobs usually print it, in the files below PATH (the current directory by default) " +
    "that changed since the pull. Reports the file, line, column, variable and form, never the value. Ends with exit code 4 if it finds " +
    "one. Searches for 20 seconds at most.",
  flags: {
    ...sessionFlag,
    "leak-ignore": { value: "VALUE" },
    "api-token-file": secretFileFlags["api-token-file"] ?? {},
  },
  operands: "paths",
  runsOnOldNode: false,
  run: async (call) => {
    const session = findSession(call);
    if (session === undefined) {
      throw new StashError(
        "USAGE",
        "There is no session whose values could be searched for. Pull first, and pass on SECRET_STASH_SESSION_DIR.",
      );
    }
    const { checkForLeaks } = await import(/* webpackMode: "eager" */ "../../leaks/check.ts");
    const { leakScopeOf } = await import(/* webpackMode: "eager" */ "../../session/end.ts");
    const { readUndo } = await import(/* webpackMode: "eager" */ "../../journal/undo-journal.ts");
    const { createSessionState } = await import(/* webpackMode: "eager" */ "../../ci/shell.ts");
    const { detectSystem } = await import(/* webpackMode: "eager" */ "../../ci/detect.ts");
    const { environment, operands } = call;
    const { log, job } = detectSystem({ environment, given: new Map(), cancelled: neverCancelled });
    // Without the token, as in the script of a GitLab job, nobody can tell who wrote this. It only says what to leave out of the search.
    const given = await readGivenInputs(call);
    const token = given.get("api-token") ?? environment[inputVariable("api-token")] ?? "";
    const { undo } = readUndo(createSessionState(session), token.trim()) ?? { undo: {} };
    const place = { workspace: job.workspace, temporaryDirectory: session.path };
    const ignore = given.get("leak-ignore") ?? environment[inputVariable("leak-ignore")] ?? "";
    const scope = { ...leakScopeOf(undo, place, operands.length > 0 ? operands : ["."]), ignore };
    log.info(`SecretStash: ${await checkForLeaks(log, "fail", scope)}`);
    return exitCodes.success;
  },
};
