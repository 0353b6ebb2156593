import { realpathSync } from "node:fs";

/** The path as it is on the disk, with links resolved; unchanged if it does not exist. */
export function realPath(path: string): string {
  try {
    return realpathSync.native(path); // Resolves upper and lower case, and long names on Windows, as for env files.
  } catch {
    return path;
  }
}
