import { StashError } from "../lib/errors.ts";
import { listNames } from "../lib/printable.ts";
import { dangerOf, isPortableName } from "./dangerous-names.ts";

/** Which names may not be exported. */
export interface ExportRules {
  /** dangerous names that the author of the workflow allows */
  allowNames: readonly string[];
  /** names that the author of the workflow wrote out in `variables` */
  writtenOut: ReadonlySet<string>;
  /** names that the CI system never accepts, allowed or not */
  hostRefuses: readonly string[];
  /** names that the action exports itself */
  takenNames: readonly string[];
  /** whether names are looked up without regard to case: by Windows in the environment, by GitHub in outputs */
  ignoresCase: boolean;
}

/**
 * Refuses what must not be exported, before anything is exported.
 *
 * @throws {StashError} `NAMES_REFUSED` or `VALUES_REFUSED`, which names all of them
 */
export function checkExports(variables: ReadonlyMap<string, string>, rules: ExportRules): void {
  const names = [...variables.keys()];
  const among = (list: readonly string[]) => {
    const folded = new Set(list.map((name) => name.toUpperCase()));
    return names.filter((name) => folded.has(name.toUpperCase()));
  };

  const unportable = names.filter((name) => !isPortableName(name));
  const forbidden = among(rules.hostRefuses);
  const open = names.filter((name) => !forbidden.includes(name) && !rules.allowNames.includes(name));
  const dangerous = open.filter((name) => dangerOf(name) === "takes over");
  const redirecting = open.filter((name) => dangerOf(name) === "redirects" && !rules.writtenOut.has(name));
  const taken = among(rules.takenNames);
  const byFoldedName = Map.groupBy(names, (name) => name.toUpperCase());
  const colliding = rules.ignoresCase
    ? names.filter((name) => (byFoldedName.get(name.toUpperCase())?.length ?? 0) > 1)
    : [];
  const reasons = [
    [
      unportable,
      "begin with a digit, or contain other characters than letters, digits and _ (rename them with variables: NAME as OTHER)",
    ],
    [forbidden, "reserved on this CI system (leave them out with ignore)"],
    [
      dangerous,
      "can take over later steps (leave them out with ignore, or add them to allow-names to export them anyway)",
    ],
    [
      redirecting,
      "can redirect what later steps send or download (leave them out with ignore, or write them out in variables to export them: *, NAME)",
    ],
    [taken, "are used by this action itself (rename them with variables: NAME as OTHER)"],
    [colliding, "differ only by case, which is ignored here (rename one with variables: NAME as OTHER)"],
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
