import { execFile } from "node:child_process";
import { basename, dirname } from "node:path";

const NOT_IGNORED = 1; // git-check-ignore(1), Exit status

/**
 * Whether `git add .` would take a file along: it lies in a work tree, and is not ignored or is tracked already. Where there is no git or
 * no work tree, it would not.
 *
 * @param environment of which git is given PATH and HOME alone: the rest holds the token
 */
export function isPickedUpByGit(path: string, { PATH, HOME }: NodeJS.ProcessEnv): Promise<boolean> {
  // A repository's own fsmonitor is a program.
  const args = [
    "-C",
    dirname(path),
    "-c",
    "core.fsmonitor=false",
    "check-ignore",
    "--quiet",
    "--",
    basename(path),
  ];
  return new Promise((told) => {
    // Windows looks for a program in the working directory first, where a pull request can have put one (libuv/libuv#3888).
    const cwd = dirname(process.execPath);
    const child = execFile("git", args, { cwd, env: { PATH, HOME }, timeout: 5000, windowsHide: true });
    child.once("error", () => told(false));
    child.once("close", (code) => told(code === NOT_IGNORED));
  });
}
