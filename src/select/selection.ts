import { listNames, printable, StashError } from "../errors.ts";
import { isIgnored } from "./ignored-names.ts";
import { type Choice, chooseVariables, type VariableRule } from "./variable-rules.ts";

export interface SelectionRules {
  rules: readonly VariableRule[];
  ignore: readonly string[];
  prefix: string;
}

/**
 * Chooses and renames. Ignored names do not count, unless a rule asks for them by name.
 *
 * @throws {StashError} `RULES_UNMATCHED`, `TARGETS_CONFLICT`
 */
export function selectVariables(
  names: readonly string[],
  { rules, ignore, prefix }: SelectionRules,
): Choice[] {
  const askedFor = new Set(rules.filter(({ action }) => action === "include").map(({ pattern }) => pattern));
  const ignored = new Set(ignore);
  const candidates = names.filter((name) => askedFor.has(name) || !isIgnored(name, ignored));
  const { chosen, unmatched } = chooseVariables(candidates, rules);
  if (unmatched.length > 0) throw unmatchedRules(unmatched, candidates.length);
  const choices = chosen.map(({ source, target }) => ({ source, target: prefix + target }));
  refuseConflicts(choices);
  return choices;
}

/** @throws {StashError} `REQUIRED_MISSING`, naming all that are missing or empty */
export function checkRequired(variables: ReadonlyMap<string, string>, required: readonly string[]): void {
  const missing = required.filter((name) => !variables.has(name));
  const empty = required.filter((name) => variables.get(name) === "");
  if (missing.length + empty.length === 0) return;
  const parts = [
    missing.length > 0 ? `missing: ${listNames(missing)}` : "",
    empty.length > 0 ? `empty: ${listNames(empty)}` : "",
  ].filter(Boolean);
  throw new StashError(
    "REQUIRED_MISSING",
    `Nothing was exported, because required variables are ${parts.join("; ")}. Names count as they are after renaming. ` +
      "Set them in SecretStash, or correct required.",
  );
}

function unmatchedRules(rules: readonly VariableRule[], count: number): StashError {
  const lines = rules.slice(0, 20).map(({ line, text }) => `- line ${line}, "${printable(text)}"`);
  return new StashError(
    "RULES_UNMATCHED",
    `Nothing was exported, because rules in variables match none of the ${count} variables there are:\n${lines.join("\n")}\n` +
      "Correct the name, or end the rule in ? if it may be missing.",
  );
}

function refuseConflicts(choices: readonly Choice[]): void {
  const sources = new Map<string, string>();
  const conflicts: string[] = [];
  for (const { source, target } of choices) {
    const other = sources.get(target);
    if (other === undefined) sources.set(target, source);
    else conflicts.push(`- ${printable(target)}: ${printable(other)} and ${printable(source)}`);
  }
  if (conflicts.length === 0) return;
  throw new StashError(
    "TARGETS_CONFLICT",
    `Nothing was exported, because variables would be exported under the same name:\n${conflicts.slice(0, 20).join("\n")}\n` +
      "Rename one of them, or leave it out with !NAME.",
  );
}
