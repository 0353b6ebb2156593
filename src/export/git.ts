import { execFile } from "node:child_process";
import { basename, dirname } from "node:path";

const NOT_IGNORED = 1; // git-check-ignore(1), Exit status
const PATIENCE_MS = 5000;

/**
 * Whether `git add .` would pick up a file: it is in a work tree, and is not ignored or is already tracked. Without git or a work tree, the
 * answer is no.
 *
 * @param environment git gets only PATH and HOME from it, because the rest holds the token
 */
export function isPickedUpByGit(path: string, { PATH, HOME }: NodeJS.ProcessEnv): Promise<boolean> {
  const args = [
    ...["-C", dirname(path)],
    ...["-c", "core.fsmonitor=false"], // A repository's own fsmonitor is a program.
    ...["check-ignore", "--quiet", "--", basename(path)],
  ];
  return new Promise((resolve) => {
    // Windows looks for a program in the working directory first, where a pull request can have put one (libuv/libuv#3888).
    const cwd = dirname(process.execPath);
    const child = execFile("git", args, {
      cwd,
      env: { PATH, HOME },
      timeout: PATIENCE_MS,
      windowsHide: true,
    });
    child.once("error", () => resolve(false));
    child.once("close", (code) => resolve(code === NOT_IGNORED));
  });
}
