import { realpathSync } from "node:fs";
import { isAbsolute, relative, sep } from "node:path";

/** The path as it is on the disk, with links resolved; unchanged if it does not exist. */
export function realPath(path: string): string {
  try {
    return realpathSync.native(path); // Resolves upper and lower case, and long names on Windows, as for env files.
  } catch {
    return path;
  }
}

/** Whether a path is that of a directory, or of something in it. Links are not followed. */
export function isInside(path: string, directory: string): boolean {
  const steps = relative(directory, path);
  return steps !== ".." && !steps.startsWith(`..${sep}`) && !isAbsolute(steps);
}
