import { randomUUID } from "node:crypto";

/**
 * Formats entries for the runner's command files (`GITHUB_ENV`, `GITHUB_OUTPUT`): `name<<DELIMITER`, the value, `DELIMITER`. The delimiter
 * is random, so that no value can end itself and begin another variable.
 *
 * @param lineEnding that of the platform: on Windows the runner takes a CR before LF as a part of the line ending (FileCommandManager.cs,
 *   ReadLine)
 */
export function formatGitHub(variables: ReadonlyMap<string, string>, lineEnding = "\n"): string {
  const delimiter = `secret_stash_${randomUUID()}`;
  return [...variables]
    .flatMap(([name, value]) => [`${name}<<${delimiter}`, value, delimiter, ""].join(lineEnding))
    .join("");
}
