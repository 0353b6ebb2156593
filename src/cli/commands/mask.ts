import { join } from "node:path";
import type { SessionDirectory } from "../../ci/session-directory.ts";
import { onEndingSignals } from "../../lib/cancellation.ts";
import { StashError, systemCode } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import { readPlainFile } from "../../lib/safe-file.ts";
import { maskInput } from "../../masks/filter.ts";
import type { FilterNews } from "../../masks/session-filter.ts";
import type { Call, Command } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { readGivenInputs, secretFileFlags, sessionFlag } from "../flags.ts";
import { findSession, neverCancelled } from "../session.ts";

export const mask: Command = {
  usage: "mask [--session-dir DIR | --values-file FILE] [--exact]",
  description:
    "Copies standard input to standard output with every value replaced by ***, in the forms in which jobs usually print it. The values are those of " +
    "the session, or those in FILE.",
  flags: {
    ...sessionFlag,
    "values-file": { value: "FILE", description: "A JSON array of strings to mask (mode 0600)." },
    exact: { description: "Mask the values only as they are, and in no other form." },
    ...secretFileFlags,
    "session-log": { description: "For the GitLab component: mask the redirected log of the job." },
  },
  operands: "none",
  runsOnOldNode: false,
  run: async (call) => {
    const { flags } = call;
    const file = flags.get("values-file");
    if (typeof file === "string") {
      const values = readValuesFile(file);
      maskInput(
        values.map((value) => ({ name: "a value", value })),
        flags.has("exact"),
      );
      return exitCodes.success;
    }
    const session = findSession(call);
    if (session === undefined) {
      throw new StashError(
        "USAGE",
        "There is nothing to mask: neither a session nor --values-file is given. Pull first and pass on SECRET_STASH_SESSION_DIR, or use " +
          "--values-file FILE.",
      );
    }
    const isSessionLog = flags.has("session-log");
    if (isSessionLog) onEndingSignals(() => {}); // It outlives the job, whose last words it has to mask.
    const filter = await import(/* webpackMode: "eager" */ "../../masks/session-filter.ts");
    const { findKeyDirectory } = await import(/* webpackMode: "eager" */ "../../key/directory.ts");
    const secrets = {
      keyDirectory: findKeyDirectory(session.path),
      credentials: await readJobCredentials(call),
    };
    const pipe = join(session.path, "log"); // made by the component, as templates/secret-stash/template.yml says
    if (isSessionLog) filter.maskSessionLog({ ...secrets, pipe }, tellShell(session));
    else filter.maskSession(secrets, flags.has("exact"));
    return exitCodes.success;
  },
};

/** In files of the session, which the component's shell looks for. */
function tellShell(session: SessionDirectory): FilterNews {
  return {
    ready: (nonce) => {
      try {
        session.write("ready", nonce);
      } catch (cause) {
        throw new StashError(
          "STATE_FAILED",
          `The log redactor is ready, and cannot say so in the session directory (${systemCode(cause)}). The disk may be full. The script does ` +
            "not run, because its log would not be masked.",
          { cause },
        );
      }
    },
    progress: (count) => {
      try {
        session.write("progress", `${count}\n`);
      } catch {} // It only makes the shell wait longer.
    },
  };
}

/** The job can print the credentials that it was given, and the content of the file that one of them may name. */
async function readJobCredentials(call: Call) {
  const { readCredentials } = await import(/* webpackMode: "eager" */ "../../inputs/credentials.ts");
  const { detectSystem } = await import(/* webpackMode: "eager" */ "../../ci/detect.ts");
  const { environment } = call;
  const given = await readGivenInputs(call);
  const { readInput, job, log } = detectSystem({ environment, given, cancelled: neverCancelled });
  const credentials = readCredentials(readInput, job.workspace);
  if (credentials.grantKey?.error !== undefined && credentials.grantKey.text === "") {
    log.warn(
      "The grant key is not masked, because it is in a file that cannot be read from here. The file was deleted or replaced, or its path is " +
        "relative to another directory. If a command can print the key, set grant-key to an absolute path, and keep the file.",
    );
  }
  return credentials;
}

function readValuesFile(path: string): string[] {
  const unreadable = (why: string, cause?: unknown) =>
    new StashError("MASKS_UNREADABLE", `The values file ${printable(path)} ${why} Nothing was printed.`, {
      cause,
    });
  let text: string;
  try {
    const { bytes, stats } = readPlainFile(path);
    const mode = stats.mode & 0o777;
    if (process.platform !== "win32" && (mode & 0o077) !== 0) {
      const octal = mode.toString(8).padStart(4, "0");
      throw unreadable(`is readable by others (mode ${octal}). Run chmod 600 on it.`);
    }
    text = bytes.toString("utf8");
  } catch (error) {
    if (error instanceof StashError) throw error;
    throw unreadable(`cannot be read (${systemCode(error)}). Check the path and its permissions.`, error);
  }
  try {
    const values: unknown = JSON.parse(text);
    if (Array.isArray(values) && values.every((value) => typeof value === "string")) return values;
  } catch {
    // Reported below, without the content of the file.
  }
  throw unreadable("is not a JSON array of strings.");
}
