import { listNames, StashError } from "../errors.ts";
import { isDangerousName, isPortableName } from "./refused-names.ts";

export interface ExportRules {
  /** dangerous names that the workflow's author lets through */
  allowNames: readonly string[];
  /** names that the CI system never takes, allowed or not */
  hostRefuses: readonly string[];
  /** output names that are taken; empty when variables do not become outputs */
  takenOutputs: readonly string[];
}

/**
 * Refuses what must not be exported, before anything is.
 *
 * @throws {StashError} `NAMES_REFUSED` or `VALUES_REFUSED`, naming all of them
 */
export function checkExports(variables: ReadonlyMap<string, string>, rules: ExportRules): void {
  const names = [...variables.keys()];
  const among = (list: readonly string[], name: string) =>
    list.some((other) => other.toUpperCase() === name.toUpperCase());

  const unportable = names.filter((name) => !isPortableName(name));
  const forbidden = names.filter((name) => among(rules.hostRefuses, name));
  const dangerous = names.filter(
    (name) => isDangerousName(name) && !forbidden.includes(name) && !rules.allowNames.includes(name),
  );
  const taken = names.filter((name) => among(rules.takenOutputs, name));
  const reasons = [
    [unportable, "not made of letters, digits and _ alone (rename them in SecretStash)"],
    [forbidden, "refused by the CI system itself (remove them, or add them to ignore)"],
    [
      dangerous,
      "able to take over later steps (rename them, add them to ignore, or, if they are meant, to allow-names)",
    ],
    [taken, "names of this action's own outputs (rename them, or set outputs: false)"],
  ] as const;
  const refused = reasons.filter(([found]) => found.length > 0);
  if (refused.length > 0) {
    const lines = refused.map(([found, why]) => `- ${why}: ${listNames(found)}`);
    throw new StashError(
      "NAMES_REFUSED",
      `Nothing was exported, because these names are refused:\n${lines.join("\n")}`,
    );
  }

  const withNul = names.filter((name) => variables.get(name)?.includes("\0"));
  if (withNul.length > 0) {
    throw new StashError(
      "VALUES_REFUSED",
      `Nothing was exported, because an environment variable cannot hold a NUL character: ${listNames(withNul)}. ` +
        "Store binary values as base64, or add these names to ignore.",
    );
  }
}
