import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { which } from "@actions/io";
import type { Host } from "../ci/host.ts";
import { throwIfCancelled } from "../lib/cancellation.ts";
import { StashError } from "../lib/errors.ts";
import { signalExitCode } from "../lib/processes.ts";
import type { Secret } from "../lib/secret.ts";
import { settleAll } from "../lib/settle-all.ts";
import { needlesOf } from "../redact/needles.ts";
import { commandEnvironment } from "./environment.ts";
import { refuseOversized } from "./limits.ts";
import { showMasked } from "./masked-output.ts";
import { closeWriters, type OutputPipe, openPipes } from "./pipes.ts";
import { forwardSignals } from "./signals.ts";

/** What running a command needs from the CI system. */
export type CommandHost = Pick<Host, "environment" | "job" | "cancelled">;

/** What a command gets, and what its output must not show. */
export interface CommandSecrets {
  variables: ReadonlyMap<string, string>;
  secrets: readonly Secret[];
  /** empty if nothing was pulled */
  keyDirectory: string;
}

/** A command, and how it is started. */
export interface Command {
  file: string;
  args: readonly string[];
  stdin: "inherit" | "ignore";
  /** whether an action runs it */
  isAction: boolean;
  /** by default this process's own */
  workingDirectory?: string;
  /** variables besides those that a command always gets */
  settings?: Readonly<Record<string, string>>;
  /** @returns the error to throw if the command cannot be started */
  notStarted(cause: unknown): Error;
}

/** How a command ended. */
export interface CommandEnd {
  /** 128 + n after a signal */
  exitCode: number;
  /** whether its output ended with a line break, so that a message can follow */
  endsLine: boolean;
}

/**
 * Runs a command in a process group of its own, with its two output streams masked separately.
 *
 * @throws {StashError} `COMMAND_FAILED` if it cannot be started, or if its output cannot be written
 */
export async function runMasked(
  { environment, job, cancelled }: CommandHost,
  command: Command,
  { variables, secrets, keyDirectory }: CommandSecrets,
): Promise<CommandEnd> {
  refuseOversized(variables, job.platform);
  const needles = needlesOf(secrets);
  const env = {
    ...commandEnvironment(environment, variables, keyDirectory, command.isAction),
    ...command.settings,
  };
  const program = { ...command, file: await findOnWindows(command) };
  const pipes = await openPipes(keyDirectory || job.temporaryDirectory, job.workspace, env);
  const { child, stdout, stderr } = start(program, env, pipes, cancelled);
  const stopForwarding = forwardSignals(child);
  try {
    const ended = once(child, "exit");
    const shown = settleAll(
      showMasked(stdout, process.stdout, needles, ended),
      showMasked(stderr, process.stderr, needles, ended),
    );
    shown.catch(() => {}); // Awaited below, when the command has ended.
    const [code, signal] = await ended.catch((cause) => {
      throw command.notStarted(cause);
    });
    const endings = await shown;
    return { exitCode: code ?? signalExitCode(signal), endsLine: endings.every(Boolean) };
  } finally {
    stopForwarding();
  }
}

/** Windows looks for a program in the working directory first, where a pull request can have put one (libuv/libuv#3888). */
async function findOnWindows({ file, notStarted }: Command): Promise<string> {
  if (process.platform !== "win32") return file;
  return which(file, true).catch((cause) => {
    throw notStarted(Object.assign(cause, { code: "ENOENT" }));
  });
}

interface Started {
  child: ChildProcess;
  stdout: Readable;
  stderr: Readable;
}

function start(
  { file, args, stdin, workingDirectory, notStarted }: Command,
  env: Record<string, string>,
  pipes: readonly OutputPipe[] | undefined,
  cancelled: AbortSignal,
): Started {
  const [stdout, stderr] = pipes ?? [];
  try {
    throwIfCancelled(cancelled); // From here on, signals are the command's.
    const child = spawn(file, args, {
      stdio: [stdin, stdout?.writer ?? "pipe", stderr?.writer ?? "pipe"],
      env,
      cwd: workingDirectory,
      windowsHide: true,
      detached: process.platform !== "win32", // A process group of its own, so that a signal reaches all of it.
    });
    return {
      child,
      stdout: stdout?.reader ?? (child.stdout as Readable),
      stderr: stderr?.reader ?? (child.stderr as Readable),
    };
  } catch (cause) {
    for (const { reader } of pipes ?? []) reader.destroy();
    if (cause instanceof StashError) throw cause;
    throw notStarted(cause); // Some of the system's errors are thrown, others arrive as events.
  } finally {
    closeWriters(pipes ?? []);
  }
}
