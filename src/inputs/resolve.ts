import { resolve } from "node:path";

/** @returns an absolute path, or `""` */
export function resolveIfGiven(path: string, workspace: string): string {
  return path.trim() === "" ? "" : resolve(workspace, path.trim());
}
