import { relative, sep } from "node:path";
import { isInside } from "../ci/real-path.ts";

/**
 * Tells which paths the input `leak-ignore` names: patterns as in .gitignore, relative to the workspace (gitignore(5)). Paths outside the
 * workspace are never among them.
 */
export async function createPathFilter(
  patterns: string,
  workspace: string,
): Promise<(path: string, isFolder: boolean) => boolean> {
  if (patterns.trim() === "") return () => false;
  const { default: ignore } = await import(/* webpackMode: "eager" */ "ignore"); // Most jobs never need it.
  const filter = ignore({ ignorecase: false }).add(patterns);
  return (path, isFolder) => {
    if (!isInside(path, workspace) || path === workspace) return false;
    const steps = relative(workspace, path).split(sep).join("/");
    return filter.ignores(isFolder ? `${steps}/` : steps);
  };
}
