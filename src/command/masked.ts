import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { StashError, systemCode } from "../lib/errors.ts";
import type { Host } from "../ci/host.ts";
import { deriveNeedles } from "../redact/needles.ts";
import { createRedactor } from "../redact/redactor.ts";
import { commandEnvironment } from "./run.ts";
import type { Session } from "../export/plan.ts";
import { describeOversized } from "./limits.ts";
import { signalExitCode } from "../lib/cancellation.ts";
import { together } from "../lib/settle-all.ts";

// What the command left in the background may hold its output open. After the command's end, this much silence is enough.
const SILENCE_MS = 500;
// And one that never falls silent is waited for no longer than this.
const LINGER_MS = 5000;

/**
 * Runs a command in a process group of its own, its two output streams masked each for itself. Standard input is ours, as it is.
 *
 * @returns its exit code, 128 + n after a signal
 * @throws {StashError} `COMMAND_FAILED` when it cannot be started, with a shell's code for that (126, 127)
 */
export async function runMasked(
  host: Host,
  [file = "", ...args]: readonly string[],
  {
    variables,
    secrets,
    keyDirectory = "",
  }: Pick<Session, "variables" | "secrets"> & Partial<Pick<Session, "keyDirectory">>,
): Promise<number> {
  const oversized = describeOversized(variables, host.platform);
  if (oversized !== undefined) {
    throw new StashError(
      "COMMAND_FAILED",
      `The command cannot be started. ${oversized}. Choose fewer variables, or use env-file.`,
    );
  }
  const needles = deriveNeedles(secrets.map(({ value }) => value));
  const child = start(file, args, {
    ...commandEnvironment(host.environment, variables, keyDirectory),
    ...terminalSettings(host.environment),
  });
  const stopForwarding = forwardSignals(child);
  try {
    const ended = once(child, "exit");
    const shown = together(
      showMasked(child.stdout, process.stdout, needles, ended),
      showMasked(child.stderr, process.stderr, needles, ended),
    );
    shown.catch(() => {}); // awaited below, when the command has ended
    const [code, signal] = await ended.catch((cause) => {
      throw notStarted(cause);
    });
    await shown;
    return code ?? signalExitCode(signal);
  } finally {
    stopForwarding();
  }
}

function start(file: string, args: readonly string[], env: NodeJS.ProcessEnv) {
  try {
    return spawn(file, args, {
      stdio: ["inherit", "pipe", "pipe"],
      env,
      windowsHide: true,
      detached: process.platform !== "win32", // a process group of its own, so that a signal reaches all of it
    });
  } catch (cause) {
    throw notStarted(cause); // some of the system's errors are thrown, others are events
  }
}

/** With a shell's codes: 127 for what is not there, 126 for what cannot be executed (POSIX.1-2024, 2.8.2). */
export function notStarted(cause: unknown, platform = process.platform): StashError {
  const isMissing = ["ENOENT", "ERR_INVALID_ARG_VALUE"].includes(systemCode(cause));
  const hint =
    platform === "win32"
      ? " On Windows npm and other scripts are started by their shell: exec -- cmd /d /c npm test, or exec -- bash ./deploy.sh."
      : "";
  return new StashError(
    "COMMAND_FAILED",
    `The command cannot be started (${systemCode(cause)}). Check its name, PATH and permissions.${hint}`,
    { cause, exitCode: isMissing ? 127 : 126 },
  );
}

async function showMasked(
  from: Readable,
  to: NodeJS.WriteStream,
  needles: ReadonlySet<string>,
  ended: Promise<unknown>,
): Promise<void> {
  const redactor = createRedactor(needles);
  let silence: NodeJS.Timeout | undefined;
  let linger: NodeJS.Timeout | undefined;
  let isOver = false;
  let isCut = false;
  let fault: NodeJS.ErrnoException | undefined;
  const cut = () => {
    isCut = true;
    from.destroy();
  };
  const awaitSilence = () => {
    clearTimeout(silence);
    // A slow reader of ours is not the command's silence.
    if (isOver && !from.isPaused()) silence = setTimeout(cut, SILENCE_MS);
  };
  ended.then(() => {
    isOver = true;
    linger = setTimeout(cut, LINGER_MS);
    awaitSilence();
  }, awaitSilence);
  // By the write's own callback: an error event can be that of a message of ours, before the command wrote anything.
  const show = (pieces: readonly Buffer[], written = () => {}) =>
    to.write(Buffer.concat(pieces), (error) => {
      if (error) {
        if (pieces.length > 0) fault ??= error;
        cut();
      }
      written();
    });
  from.on("data", (chunk: Buffer) => {
    if (!show(redactor.write(chunk)) && !from.destroyed) {
      from.pause();
      to.once("drain", () => {
        from.resume();
        linger?.refresh(); // a slow reader of ours is given the time it needs
        awaitSilence();
      });
    }
    awaitSilence();
  });
  await once(from, "close");
  clearTimeout(silence);
  clearTimeout(linger);
  // What is held back could be the beginning of a value whose rest was not waited for.
  const rest = isCut ? [] : redactor.end();
  await new Promise<void>((written) => show(rest, written)); // and all before it
  // Whoever read our output has had enough; or nobody can be told anything since a message of ours failed.
  if (fault === undefined || ["EPIPE", "ERR_STREAM_DESTROYED"].includes(systemCode(fault))) return;
  throw new StashError(
    "COMMAND_FAILED",
    `The command's output cannot be written (${systemCode(fault)}), so a part of it is lost. The disk may be full.`,
    { cause: fault },
  );
}

/** Ctrl-C reaches us and not a group of its own, and a cancelled job's SIGTERM too: all of them are the command's to handle. */
function forwardSignals(child: ChildProcess): () => void {
  const forward = (signal: NodeJS.Signals) => {
    // On Windows the console tells the command itself, and process.kill would end it without a word.
    if (process.platform === "win32" || child.pid === undefined) return;
    try {
      process.kill(-child.pid, signal);
    } catch {
      // Gone already.
    }
  };
  const signals = [
    "SIGINT",
    "SIGTERM",
    "SIGHUP",
    "SIGQUIT",
    "SIGUSR1",
    "SIGUSR2",
    "SIGWINCH",
    "SIGBREAK",
  ] as const;
  for (const signal of signals) process.on(signal, forward);
  return () => {
    for (const signal of signals) process.off(signal, forward);
  };
}

/** The command writes to pipes. What it would have asked our terminal for, it is told, unless somebody said otherwise. */
function terminalSettings(environment: NodeJS.ProcessEnv): Record<string, string> {
  const { stdout } = process;
  if (!stdout.isTTY) return {};
  const says = (name: string) => environment[name] !== undefined;
  const isColoured = stdout.hasColors() && !says("NO_COLOR");
  return {
    ...(!says("COLUMNS") && { COLUMNS: String(stdout.columns) }),
    ...(!says("LINES") && { LINES: String(stdout.rows) }),
    ...(isColoured && !says("FORCE_COLOR") && { FORCE_COLOR: String(stdout.getColorDepth() > 8 ? 3 : 1) }),
    ...(isColoured && !says("CLICOLOR_FORCE") && { CLICOLOR_FORCE: "1" }),
  };
}
