import { StashError } from "./errors.ts";

/**
 * Refuses a Node that is too old. HTTP agents learnt about proxies in 22.21 and 24.5 (nodejs.org, `proxyEnv`); before 22, language
 * features that the bundle uses are missing.
 *
 * @returns the version
 * @throws {StashError} `USAGE`
 */
export function checkNodeVersion(version: string): string {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > 24 || (major === 24 && minor >= 5) || (major === 22 && minor >= 21)) return version;
  throw new StashError(
    "USAGE",
    `Node ${version} is too old for secret-stash-ci: its HTTP agents ignore proxies. Use Node 24.5 or later, or 22.21 or later of Node 22.`,
  );
}
