import { basename } from "node:path";
import { describeError, StashError } from "../../lib/errors.ts";
import type { Command } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { readGivenInputs, secretFileFlags, sessionFlag } from "../flags.ts";
import { findSession, neverCancelled } from "../session.ts";

export const cleanUp: Command = {
  usage: "clean-up [--session-dir DIR] [--revoke false] [--leak-check off|warn|fail]",
  description:
    "Looks for leaks, restores the files that were written, and deletes the key here and on the service. It fails only for a leak, with --leak-check fail.",
  flags: {
    ...sessionFlag,
    "broker-url": { value: "VALUE" },
    revoke: { value: "VALUE" },
    "leak-check": { value: "VALUE" },
    "leak-ignore": { value: "VALUE" },
    "ca-file": { value: "VALUE" },
    ...secretFileFlags,
  },
  operands: "none",
  runsOnOldNode: true, // It does what it can.
  run: async (call) => {
    const session = findSession(call);
    if (session === undefined) {
      process.stderr.write("SecretStash: nothing to clean up.\n");
      return exitCodes.success;
    }
    const { cleanUp } = await import(/* webpackMode: "eager" */ "../../session/end.ts");
    const { deleteKeyFiles, holdsBackups } = await import(/* webpackMode: "eager" */ "../../key/delete.ts");
    const { findKeyDirectory } = await import(/* webpackMode: "eager" */ "../../key/directory.ts");
    const { detectHost } = await import(/* webpackMode: "eager" */ "../../ci/detect.ts");
    const { environment } = call;
    const given = await readGivenInputs(call);
    const cancelled = neverCancelled;
    const host = detectHost({ environment, given, session, exportsTo: "file", cancelled });
    try {
      await cleanUp(host);
    } catch (error) {
      if (error instanceof StashError && error.code === "LEAK_FOUND") throw error;
      host.log.warn(describeError(error).message);
    } finally {
      // The only copies of env files that could not be restored stay. Nothing else does.
      const keyDirectory = findKeyDirectory(session.path);
      if (await holdsBackups(keyDirectory)) {
        await deleteKeyFiles(keyDirectory);
        session.deleteBut(basename(keyDirectory));
      } else session.delete();
    }
    return exitCodes.success;
  },
};
