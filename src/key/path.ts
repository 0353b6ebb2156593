import { randomBytes } from "node:crypto";
import { basename, join } from "node:path";

const NAME_PREFIX = "secret-stash-tmp-";

/** A path that nobody can guess, for a key directory that does not exist yet. */
export function newKeyDirectoryPath(temporaryDirectory: string): string {
  return join(temporaryDirectory, NAME_PREFIX + randomBytes(8).toString("hex"));
}

/**
 * The key directory of this name in our temp directory. Paths that were read from a state or a file are never used: only their last part,
 * and only if it is the name of a key directory.
 *
 * @returns `undefined` if it is not
 */
export function keyDirectoryIn(temporaryDirectory: string, path: string): string | undefined {
  const own = join(temporaryDirectory, basename(path));
  return isKeyDirectoryPath(own) ? own : undefined;
}

/** Whether a path has the form of a key directory's. Nothing else is ever deleted as one. */
export function isKeyDirectoryPath(path: string): boolean {
  return /[/\\]secret-stash-tmp-[0-9a-f]{16}$/.test(path);
}
