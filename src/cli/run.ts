import { lstatSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { type CommandLine, parseCommandLine } from "./arguments.ts";
import { describeError, printable, StashError, systemCode } from "../lib/errors.ts";
import { exitCodeOf, exitCodes } from "./exit-code.ts";
import { helpOn } from "./help.ts";
import type { Host } from "../ci/host.ts";
import { inputVariable } from "../inputs/reader.ts";
import {
  createSessionDirectory,
  openSessionDirectory,
  type SessionDirectory,
} from "../ci/session-directory.ts";
import type { ShellOptions } from "../ci/shell.ts";
import { maskValues } from "../masks/filter.ts";
import { checkNode } from "../lib/node-version.ts";
import { cancelOnSignals, signalExitCode } from "../lib/cancellation.ts";
import { version } from "../lib/version.ts";

// What only some commands need is loaded by them (in this chunk: docs/dependencies.md), because `mask` stands in pipes.

/** `secret-stash-ci`: one command; what went wrong goes to stderr. @returns the exit code */
export async function runCommandLine(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  try {
    return await run(parseCommandLine(args), environment);
  } catch (error) {
    const { title, message } = describeError(error);
    process.stderr.write(`${title}\n${message}\n`);
    return exitCodeOf(error);
  }
}

// Doctor says so by itself, and clean-up does what it can.
const runAnywhere = ["help", "version", "doctor", "clean-up"];

async function run(line: CommandLine, environment: NodeJS.ProcessEnv): Promise<number> {
  if (!runAnywhere.includes(line.command)) checkNode(process.versions.node);
  switch (line.command) {
    case "help":
      process.stdout.write(helpOn(line.topic));
      return exitCodes.success;
    case "version":
      process.stdout.write(`${version}\n`);
      return exitCodes.success;
    case "pull":
      return runPull(line, environment);
    case "exec":
      return runExec(line, environment);
    case "mask":
      return runMask(line, environment);
    case "doctor":
      return runDoctor(line, environment);
    case "approve":
      return runApprove(line, environment);
    case "leak-check":
      return runLeakCheck(line, environment);
    case "clean-up":
      return runCleanUp(line, environment);
  }
}

async function runPull(line: CommandLine, environment: NodeJS.ProcessEnv): Promise<number> {
  const format = line.flags.get("format");
  if (format !== undefined && format !== "shell") {
    throw new StashError(
      "USAGE",
      "--format is shell, for eval. For a file in another format, use --env-file.",
    );
  }
  const given = readGiven(line);
  const known = findSession(line, environment);
  if (known !== undefined && known.read("undo.json") !== "") {
    throw new StashError(
      "USAGE",
      "There is a session already, which this pull would make forgotten. End it with: secret-stash-ci clean-up. For several " +
        "environments, name them in one pull.",
    );
  }
  const session = known ?? createSessionDirectory(tmpdir());
  const exportsTo = format === undefined ? "file" : "stdout";
  const { pull } = await import(/* webpackMode: "eager" */ "../session/pull.ts");
  return cancellable(async (cancelled) => {
    const host = await createHost({ environment, given, session, exportsTo, cancelled });
    try {
      await pull(host);
      // Whoever gave the directory knows it; without anything pulled there is nothing to end.
      if (known === undefined && host.readState("undo") !== "") {
        host.info(
          `The session is ${session.path}. End it with: secret-stash-ci clean-up --session-dir ${session.path}`,
        );
      }
      return exitCodes.success;
    } catch (error) {
      if (known === undefined && host.readState("undo") === "") session.delete();
      throw error;
    }
  });
}

async function runExec(line: CommandLine, environment: NodeJS.ProcessEnv): Promise<number> {
  const given = readGiven(line);
  const session = createSessionDirectory(tmpdir());
  const { exec } = await import(/* webpackMode: "eager" */ "../session/exec.ts");
  return cancellable(async (cancelled) => {
    const host = await createHost({ environment, given, session, exportsTo: "file", cancelled });
    try {
      return await exec(host, line.rest);
    } finally {
      if (host.readState("undo") === "") session.delete();
    }
  });
}

async function runMask(line: CommandLine, environment: NodeJS.ProcessEnv): Promise<number> {
  const file = line.flags.get("values-file");
  if (typeof file === "string") {
    maskValues(readValuesFile(file), line.flags.has("exact"));
    return exitCodes.success;
  }
  const session = findSession(line, environment);
  if (session === undefined) {
    throw new StashError(
      "USAGE",
      "There are no masks: no session, and no --values-file. Pull first and pass on SECRET_STASH_SESSION_DIR, or give --values-file FILE.",
    );
  }
  const { maskSession, maskSessionLog } = await import(/* webpackMode: "eager" */ "../masks/session-filter.ts");
  if (line.flags.has("session-log")) await maskSessionLog(session, environment);
  else await maskSession(session, environment, line.flags.has("exact"));
  return exitCodes.success;
}

async function runCleanUp(line: CommandLine, environment: NodeJS.ProcessEnv): Promise<number> {
  const session = findSession(line, environment);
  if (session === undefined) {
    process.stderr.write("SecretStash: nothing to clean up.\n");
    return exitCodes.success;
  }
  const { cleanUp } = await import(/* webpackMode: "eager" */ "../session/clean-up.ts");
  const cancelled = new AbortController().signal;
  const host = await createHost({
    environment,
    given: readGiven(line),
    session,
    exportsTo: "file",
    cancelled,
  });
  try {
    await cleanUp(host);
  } catch (error) {
    if (error instanceof StashError && error.code === "LEAK_FOUND") throw error;
    host.warn(describeError(error).message);
  } finally {
    session.delete();
  }
  return exitCodes.success;
}

async function runLeakCheck(line: CommandLine, environment: NodeJS.ProcessEnv): Promise<number> {
  const session = findSession(line, environment);
  if (session === undefined) {
    throw new StashError(
      "USAGE",
      "There is no session to check for. Pull first and pass on SECRET_STASH_SESSION_DIR.",
    );
  }
  const { checkForLeaks } = await import(/* webpackMode: "eager" */ "../leaks/check.ts");
  const { undoOf } = await import(/* webpackMode: "eager" */ "../journal/undo.ts");
  const cancelled = new AbortController().signal;
  const given = new Map<string, string>();
  const host = await createHost({ environment, given, session, exportsTo: "file", cancelled });
  const outcome = await checkForLeaks(
    host,
    "fail",
    undoOf(host.readState("undo")) ?? {},
    line.rest.length > 0 ? line.rest : ["."],
  );
  host.info(`SecretStash: ${outcome}`);
  return exitCodes.success;
}

async function runApprove(line: CommandLine, environment: NodeJS.ProcessEnv): Promise<number> {
  const { flags } = line;
  const given = readGiven(line);
  if (flags.has("watch")) given.set("watch", "true");
  const { parseApproverInputs } = await import(/* webpackMode: "eager" */ "../inputs/approver.ts");
  const inputs = parseApproverInputs(
    (name) => given.get(name) ?? environment[inputVariable(name)] ?? "",
    (name) => flags.has(name),
  );
  const { createTerminal } = await import(/* webpackMode: "eager" */ "../ci/terminal.ts");
  const { connect } = await import(/* webpackMode: "eager" */ "../stash/connect.ts");
  const { approve } = await import(/* webpackMode: "eager" */ "../access/approve.ts");
  return cancellable(async (cancelled) => {
    const terminal = createTerminal(flags.has("json"), cancelled);
    await approve(
      terminal,
      connect({ environment, workspace: ".", info: terminal.say, debug: () => {} }, inputs, cancelled),
      inputs,
    );
    cancelled.throwIfAborted();
    return exitCodes.success;
  }, "Nothing more is approved.");
}

async function runDoctor(line: CommandLine, environment: NodeJS.ProcessEnv): Promise<number> {
  const given = readGiven(line);
  const session = createSessionDirectory(tmpdir()); // for the host alone: it stays empty
  const { createTerminal } = await import(/* webpackMode: "eager" */ "../ci/terminal.ts");
  const { diagnose } = await import(/* webpackMode: "eager" */ "../doctor/doctor.ts");
  try {
    return await cancellable(async (cancelled) => {
      const host = await createHost({ environment, given, session, exportsTo: "file", cancelled });
      const terminal = createTerminal(line.flags.has("json"), cancelled);
      const options = {
        full: line.flags.has("full"),
        temporaryDirectory: environment.RUNNER_TEMP || tmpdir(),
      };
      return (await diagnose(host, terminal, options)) ? exitCodes.success : exitCodes.failure;
    }, "Nothing is left behind.");
  } finally {
    session.delete();
  }
}

async function createHost(options: ShellOptions): Promise<Host> {
  const { detectHost } = await import(/* webpackMode: "eager" */ "../ci/detect.ts");
  return detectHost(options);
}

/** Flags, and the secrets that stand in files. */
function readGiven({ flags }: CommandLine): Map<string, string> {
  const given = new Map<string, string>();
  for (const [name, value] of flags) {
    if (typeof value !== "string") continue;
    if (name === "api-token-file" || name === "grant-key-file")
      given.set(name.replace(/-file$/, ""), readSecret(name, value));
    else given.set(name, value);
  }
  return given;
}

function readSecret(flag: string, path: string): string {
  try {
    return readFileSync(path === "-" ? 0 : path, "utf8").trim();
  } catch (cause) {
    throw new StashError(
      "USAGE",
      `--${flag} cannot be read (${systemCode(cause)}). Check the path and its permissions.`,
      { cause },
    );
  }
}

function findSession({ flags }: CommandLine, environment: NodeJS.ProcessEnv): SessionDirectory | undefined {
  const path = flags.get("session-dir") ?? environment.SECRET_STASH_SESSION_DIR;
  return typeof path === "string" && path !== "" ? openSessionDirectory(path) : undefined;
}

function readValuesFile(path: string): string[] {
  const refuse = (why: string, cause?: unknown) =>
    new StashError(
      "MASKS_UNREADABLE",
      `The values file ${printable(path)} ${why}, so nothing is let through.`,
      { cause },
    );
  let text: string;
  try {
    const { mode } = lstatSync(path);
    if (process.platform !== "win32" && (mode & 0o077) !== 0)
      throw refuse("can be read by others. Make it with mode 0600");
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw error instanceof StashError ? error : refuse(`cannot be read (${systemCode(error)})`, error);
  }
  try {
    const values: unknown = JSON.parse(text);
    if (Array.isArray(values) && values.every((value) => typeof value === "string")) return values;
  } catch {
    // Said below, without what stands in the file.
  }
  throw refuse("is not a JSON array of strings");
}

/** The exit code tells the signal. */
async function cancellable(
  work: (cancelled: AbortSignal) => Promise<number>,
  outcome = "Nothing was exported.",
): Promise<number> {
  const { cancelled, received, stop } = cancelOnSignals();
  try {
    return await work(cancelled);
  } catch (error) {
    const signal = received();
    const isLeak = error instanceof StashError && error.code === "LEAK_FOUND"; // true whoever ended the command
    if (signal === undefined || isLeak) throw error;
    process.stderr.write(`SecretStash: cancelled. ${outcome}\n`);
    return signalExitCode(signal);
  } finally {
    stop();
  }
}
