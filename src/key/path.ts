import { randomBytes } from "node:crypto";
import { join } from "node:path";

const NAME_PREFIX = "secret-stash-tmp-";

/** A path that nobody can guess, for a key directory that does not exist yet. */
export function newKeyDirectoryPath(temporaryDirectory: string): string {
  return join(temporaryDirectory, NAME_PREFIX + randomBytes(8).toString("hex"));
}

/** Whether a path has the form of a key directory's. The post step deletes nothing else. */
export function isKeyDirectoryPath(path: string): boolean {
  return /[/\\]secret-stash-tmp-[0-9a-f]{16}$/.test(path);
}
