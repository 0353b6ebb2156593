import { realpathSync } from "node:fs";
import { delimiter, isAbsolute, relative, sep } from "node:path";

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

/** A search path without its folders in the workspace, where the job's own files could be taken for programs of the system. */
export function pathOutside(workspace: string, path: string): string {
  const root = realPath(workspace);
  const isTrusted = (folder: string) => isAbsolute(folder) && !isInside(realPath(folder), root);
  return path.split(delimiter).filter(isTrusted).join(delimiter);
}
