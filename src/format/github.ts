import { randomUUID } from "node:crypto";

/**
 * The runner's command files (`GITHUB_ENV`, `GITHUB_OUTPUT`): `name<<DELIMITER`, the value, `DELIMITER`. A value can hold anything but
 * the delimiter, which is random, so that no value can end itself and begin another variable.
 *
 * @param lineEnding the runner's platform's: on Windows the runner takes a CR before LF for its own (FileCommandManager.cs, ReadLine)
 */
export function formatGitHub(variables: ReadonlyMap<string, string>, lineEnding = "\n"): string {
  const delimiter = `secret_stash_${randomUUID()}`;
  return [...variables]
    .flatMap(([name, value]) => [`${name}<<${delimiter}`, value, delimiter, ""].join(lineEnding))
    .join("");
}
