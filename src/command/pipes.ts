import { accessSync, closeSync, constants, openSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import { delimiter, join } from "node:path";
import type { Readable } from "node:stream";
import { exec } from "@actions/exec";
import { pathOutside } from "../ci/real-path.ts";

/** A pipe for one output stream of a command. */
export interface OutputPipe {
  reader: Readable;
  /** the descriptor that the command gets; close it when the command has been started */
  writer: number;
}

/**
 * Makes two pipes. Node gives a command sockets, and Linux does not open a socket by name, so that `tee /dev/stderr` and `>/dev/stdout` fail
 * (unix(7)). Node has no call that makes a pipe, so mkfifo(1) makes them in a directory of ours, where they have a name only until both ends
 * are open.
 *
 * @param directory one that only this user can enter
 * @param workspace where a file of that name is not taken for the program
 * @returns `undefined` where there is no mkfifo, as on Windows
 */
export async function openPipes(
  directory: string,
  workspace: string,
  { PATH = "" }: NodeJS.ProcessEnv,
): Promise<[OutputPipe, OutputPipe] | undefined> {
  if (process.platform === "win32") return undefined;
  const program = findProgram("mkfifo", pathOutside(workspace, PATH));
  if (program === undefined) return undefined;
  const paths = ["stdout.pipe", "stderr.pipe"].map((name) => join(directory, name));
  try {
    await exec(program, ["-m", "600", "--", ...paths], { silent: true, env: { PATH } });
    const [stdout, stderr] = paths.map(openPipe);
    return stdout && stderr && [stdout, stderr];
  } catch {
    return undefined;
  } finally {
    for (const path of paths) rmSync(path, { force: true });
  }
}

function findProgram(name: string, path: string): string | undefined {
  return path
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

function openPipe(path: string): OutputPipe {
  const { O_RDONLY, O_WRONLY, O_NONBLOCK, O_NOFOLLOW } = constants;
  const reader = openSync(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW); // Otherwise it would wait for a writer (fifo(7)).
  const writer = openSync(path, O_WRONLY | O_NOFOLLOW); // Blocking, as programs expect it of their output.
  return { reader: new Socket({ fd: reader, readable: true, writable: false }), writer };
}

/** Closes our ends of the writing sides, so that the pipes end when the last process that has them does. */
export function closeWriters(pipes: readonly OutputPipe[]): void {
  for (const { writer } of pipes) closeSync(writer);
}
