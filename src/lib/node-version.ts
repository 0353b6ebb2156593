import { StashError } from "./errors.ts";

/**
 * 22.21 and 24.5 brought agents that know proxies (nodejs.org, `proxyEnv`); before 22 much of the language is missing.
 *
 * @returns the version
 * @throws {StashError} `USAGE`
 */
export function checkNode(version: string): string {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > 24 || (major === 24 && minor >= 5) || (major === 22 && minor >= 21)) return version;
  throw new StashError(
    "USAGE",
    `Node ${version} runs this, which is too old: its HTTP agents ignore proxies. Use Node 24, or 22.21 and later.`,
  );
}
