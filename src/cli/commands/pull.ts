import { createSessionDirectory } from "../../ci/session-directory.ts";
import { createSessionState } from "../../ci/shell.ts";
import { hasUndo } from "../../journal/undo-journal.ts";
import { StashError } from "../../lib/errors.ts";
import type { Command } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { inputFlags, readGivenInputs, sessionFlag } from "../flags.ts";
import { cancellable, findSession } from "../session.ts";

export const pull: Command = {
  usage: "pull [--format shell] [--write-env-file FILE] [--session-dir DIR] [INPUTS]",
  description:
    "Decrypts the variables, writes a file to source (mode 0600), and prints its path. With --format shell, prints the text itself, for " +
    'eval "$(secret-stash-ci pull --format shell)". It sets SECRET_STASH_SESSION_DIR, which mask, leak-check and clean-up need.',
  flags: {
    format: { value: "shell", description: "Print the variables as shell commands, for eval." },
    ...sessionFlag,
    ...inputFlags,
    "allow-debug-trace": {
      value: "true",
      description: "GitLab: pull although CI_DEBUG_TRACE is on and the log will show every value.",
    },
  },
  operands: "none",
  runsOnOldNode: false,
  run: async (call) => {
    const { flags, environment } = call;
    const format = flags.get("format");
    if (format !== undefined && format !== "shell") {
      throw new StashError(
        "USAGE",
        "--format can only be shell, for eval. To write a file in another format, use --write-env-file.",
      );
    }
    const given = await readGivenInputs(call);
    const known = findSession(call);
    if (known !== undefined && hasUndo(createSessionState(known))) {
      throw new StashError(
        "USAGE",
        "A session is already open; another pull would orphan it. End it with: secret-stash-ci clean-up. To pull several environments, " +
          "name all of them in one pull.",
      );
    }
    const session = known ?? createSessionDirectory();
    const { pull } = await import(/* webpackMode: "eager" */ "../../session/pull.ts");
    const { detectHost } = await import(/* webpackMode: "eager" */ "../../ci/detect.ts");
    return cancellable(async (cancelled) => {
      const exportsTo = format === undefined ? "file" : "stdout";
      const host = detectHost({ environment, given, session, exportsTo, cancelled });
      const isOpen = () => hasUndo(host.state);
      try {
        await pull(host);
        // Whoever named the directory knows it. If nothing was pulled, there is nothing to end.
        if (known === undefined && isOpen()) {
          host.log.info(
            `The session is ${session.path}. End it with: secret-stash-ci clean-up --session-dir ${session.path}`,
          );
        }
        return exitCodes.success;
      } catch (error) {
        if (known === undefined && !isOpen()) session.delete();
        throw error;
      }
    });
  },
};
