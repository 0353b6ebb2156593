import { createAzureHost } from "./azure.ts";
import { createCircleCiHost } from "./circleci.ts";
import { createGitLabHost } from "./gitlab.ts";
import type { Host } from "./host.ts";
import { createShellHost, type ShellOptions } from "./shell.ts";

/**
 * The system that this process runs on, by the variables that each sets for its jobs. With `--format shell` it is whoever evaluates
 * the output, whatever the system.
 */
export function detectHost(options: ShellOptions): Host {
  const { environment, exportsTo } = options;
  if (environment.GITLAB_CI !== undefined) return createGitLabHost(options);
  if (exportsTo === "stdout") return createShellHost(options);
  if (environment.TF_BUILD !== undefined) return createAzureHost(options);
  if (environment.CIRCLECI !== undefined) return createCircleCiHost(options);
  return createShellHost(options);
}
