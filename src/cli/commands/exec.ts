import { createSessionDirectory } from "../../ci/session-directory.ts";
import { hasUndo } from "../../journal/undo-journal.ts";
import type { Command } from "../command.ts";
import { inputFlags, readGivenInputs } from "../flags.ts";
import { cancellable } from "../session.ts";

export const exec: Command = {
  usage: "exec [INPUTS] -- CMD ARGS",
  description:
    "Runs CMD with the variables in its environment only, masks its stdout and stderr, passes signals on, and ends with its exit code (128 " +
    "+ n after a signal). The key is deleted when CMD ends, however it ends.",
  flags: inputFlags,
  operands: "command",
  runsOnOldNode: false,
  run: async (call) => {
    const { environment, operands } = call;
    const given = await readGivenInputs(call);
    const session = createSessionDirectory();
    const { exec } = await import(/* webpackMode: "eager" */ "../../session/exec.ts");
    const { detectHost } = await import(/* webpackMode: "eager" */ "../../ci/detect.ts");
    return cancellable(async (cancelled) => {
      const host = detectHost({ environment, given, session, exportsTo: "file", cancelled });
      try {
        return await exec(host, operands);
      } finally {
        if (!hasUndo(host.state)) session.delete();
      }
    });
  },
};
