import { execFile } from "node:child_process";
import { statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { pathOutside } from "../ci/real-path.ts";
import { isOwn } from "../lib/safe-file.ts";

const NOT_IGNORED = 1; // git-check-ignore(1), Exit status
const PATIENCE_MS = 5000;

// The files of a pull request must not be able to make git run anything. Git runs what the configuration of a repository names (hooks,
// fsmonitor, pagers, the other end of a fetch), so it gets only a repository that we found ourselves, and none of these.
const settings = [
  ...["safe.bareRepository=explicit", "core.fsmonitor=false", "core.hooksPath=/dev/null", "core.pager=cat"],
  "protocol.allow=never", // A partial clone fetches what it lacks, and runs `uploadpack` for that (git-config(1)).
].flatMap((setting) => ["-c", setting]);
const harmless = { GIT_NO_LAZY_FETCH: "1", GIT_TERMINAL_PROMPT: "0", GIT_OPTIONAL_LOCKS: "0" };

/**
 * Whether `git add .` would pick up a file: it is in a work tree, and is not ignored or is already tracked. Without git or a work tree, the
 * answer is no.
 *
 * 1. Look for `.git` in the folders above the file. Left to itself, git would also take a folder with the right files in it for a bare
 *    repository, and a pull request can contain such a folder (git-config(1), safe.bareRepository).
 * 2. Look for git outside the workspace, where the job's own files cannot be taken for it.
 * 3. Ask, in an environment that holds nothing of ours.
 */
export function isPickedUpByGit(
  path: string,
  workspace: string,
  environment: NodeJS.ProcessEnv,
): Promise<boolean> {
  const root = findWorkTree(dirname(path)); // 1
  if (root === undefined) return Promise.resolve(false);
  const args = [
    ...["-C", root, "--git-dir", join(root, ".git"), "--work-tree", root, ...settings],
    ...["check-ignore", "--quiet", "--", relative(root, path)],
  ];
  const PATH = pathOutside(workspace, environment.PATH ?? environment.Path ?? ""); // 2
  return new Promise((resolve) => {
    const child = execFile("git", args, {
      // Windows looks for a program in the working directory first, where a pull request can have put one (libuv/libuv#3888).
      cwd: dirname(process.execPath),
      env: { ...harmless, PATH, HOME: environment.HOME },
      timeout: PATIENCE_MS,
      windowsHide: true,
    });
    child.once("error", () => resolve(false));
    child.once("close", (code) => resolve(code === NOT_IGNORED)); // 3
  });
}

/** The nearest folder with a `.git` that this user owns: git, too, refuses the repositories of others (git-config(1), safe.directory). */
function findWorkTree(folder: string): string | undefined {
  try {
    return isOwn(statSync(join(folder, ".git"))) ? folder : undefined;
  } catch {
    const above = dirname(folder);
    return above === folder ? undefined : findWorkTree(above);
  }
}
