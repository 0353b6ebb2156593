import { didYouMean } from "../lib/did-you-mean.ts";
import { StashError } from "../lib/errors.ts";
import { count, LISTED, listLines, listNames, printable } from "../lib/printable.ts";
import { isIgnored } from "./ignored-names.ts";
import { type MemberRules, splitMemberRules } from "./members.ts";
import { createNameMatcher } from "./patterns.ts";
import { type Choice, chooseVariables, describeRule, type VariableRule } from "./rules.ts";

export interface SelectionRules {
  rules: readonly VariableRule[];
  ignore: readonly string[];
  prefix: string;
}

/** What was selected by name. */
export interface Selection {
  /** whole values */
  choices: Choice[];
  /** what to take out of JSON objects, when they are decrypted */
  memberRules: MemberRules;
  /** rules that leave something out which a later rule brings back, all of it */
  overruled: VariableRule[];
}

/**
 * Selects and renames variables. Ignored names are left out, unless a rule names them explicitly.
 *
 * @throws {StashError} `RULES_UNMATCHED`, `TARGETS_CONFLICT`
 */
export function selectVariables(
  names: readonly string[],
  { rules, ignore, prefix }: SelectionRules,
): Selection {
  const askedFor = new Set(rules.filter(({ action }) => action === "include").map(({ pattern }) => pattern));
  const ignoreSet = new Set(ignore);
  const isLeftOut = (name: string) => !askedFor.has(name) && isIgnored(name, ignoreSet);
  const candidates = names.filter((name) => !isLeftOut(name));
  const { nameRules, memberRules } = splitMemberRules(
    rules,
    names.filter((name) => !isIgnored(name, new Set())),
  );
  const { chosen, unmatched, overruled } = chooseVariables(candidates, nameRules);
  refuseUnmatched(unmatched, candidates, names.filter(isLeftOut));
  const choices = chosen.map((choice) => ({ ...choice, target: prefix + choice.target }));
  refuseConflicts(choices);
  return { choices, memberRules, overruled };
}

/** The names that somebody wrote out in `variables`, and did not mean by a pattern. */
export function writtenOutNames(choices: readonly Choice[]): Set<string> {
  const written = choices.filter(({ target, rule }) => target === (rule.target ?? rule.pattern));
  return new Set(written.map(({ target }) => target));
}

/** @throws {StashError} `REQUIRED_MISSING`, which names all variables that are missing or empty */
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
    `Nothing was exported, because required variables are ${parts.join("; ")}.${hintFor(missing, variables.keys())} required takes names ` +
      "as they are after renaming. Set the variables in SecretStash, or correct required.",
  );
}

/** A suggestion for the first name that has a similar one among the variables. It looks at the names that the message lists, and no further. */
function hintFor(names: readonly string[], candidates: Iterable<string>): string {
  const known = [...candidates];
  for (const name of names.slice(0, LISTED)) {
    const hint = didYouMean(name, known);
    if (hint !== "") return hint;
  }
  return "";
}

function refuseUnmatched(
  rules: readonly VariableRule[],
  candidates: readonly string[],
  ignored: readonly string[],
): void {
  const matchesOf = createNameMatcher(rules.map(({ pattern }) => pattern));
  const ignoredBy = new Map<VariableRule | undefined, string>();
  for (const name of ignored) for (const { index } of matchesOf(name)) ignoredBy.set(rules[index], name);
  const refused = rules
    .filter((rule) => !rule.isOptional && rule.pattern !== "*") // An environment may be empty.
    .filter((rule) => rule.action === "include" || !ignoredBy.has(rule)); // It is left out already.
  if (refused.length === 0) return;
  const lines = listLines(refused, (rule) => {
    const name = ignoredBy.get(rule);
    const hint =
      name === undefined
        ? didYouMean(rule.pattern, candidates)
        : ` (${printable(name)} is in ignore; name it explicitly to include it)`;
    return `- ${describeRule(rule)}${hint}`;
  });
  throw new StashError(
    "RULES_UNMATCHED",
    `Nothing was exported, because these rules in variables match none of the ${count(candidates.length, "variable")}:\n${lines}\n` +
      "Correct the name, or end the rule with ? if the variable may be missing.",
  );
}

/** @throws {StashError} `TARGETS_CONFLICT` */
export function refuseConflicts(choices: readonly Choice[]): void {
  const first = new Map<string, Choice>();
  const conflicts: [Choice, Choice][] = [];
  for (const choice of choices) {
    const other = first.get(choice.target);
    if (other === undefined) first.set(choice.target, choice);
    else conflicts.push([other, choice]);
  }
  if (conflicts.length === 0) return;
  const lines = listLines(
    conflicts,
    ([one, other]) => `- ${printable(one.target)}: ${describeChoice(one)} and ${describeChoice(other)}`,
  );
  throw new StashError(
    "TARGETS_CONFLICT",
    `Nothing was exported, because variables would be exported under the same name:\n${lines}\n` +
      "Rename one of them, or leave one out with !NAME.",
  );
}

function describeChoice({ source, member, rule }: Choice): string {
  return `${printable(member === undefined ? source : `${source}.${member}`)} (${describeRule(rule)})`;
}
