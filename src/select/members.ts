import { StashError } from "../lib/errors.ts";
import { listLines, printable } from "../lib/printable.ts";
import { createNameMatcher } from "./patterns.ts";
import { type Choice, chooseVariables, describeRule, type VariableRule } from "./rules.ts";

/** Rules about keys of JSON objects, by the variable that holds the object. Their patterns are for keys. */
export type MemberRules = ReadonlyMap<string, readonly VariableRule[]>;

/**
 * Tells rules about names from those about keys of JSON objects (`NAME.KEY`). A name may itself contain a dot, so a rule that matches a
 * stored name is about names, and of several stored names that a rule could begin with, the longest counts.
 */
export function splitMemberRules(
  rules: readonly VariableRule[],
  names: readonly string[],
): { nameRules: VariableRule[]; memberRules: MemberRules } {
  const dotted = rules.filter(({ pattern }) => pattern.includes("."));
  const matchesOf = createNameMatcher(dotted.map(({ pattern }) => pattern));
  const aboutNames = new Set(names.flatMap((name) => matchesOf(name).map(({ index }) => dotted[index])));
  const known = new Set(names);
  const memberRules = new Map<string, VariableRule[]>();
  const nameRules = rules.filter((rule) => {
    const source = aboutNames.has(rule) ? undefined : sourceOf(rule.pattern, known);
    if (source === undefined) return true;
    const ofSource = memberRules.get(source) ?? [];
    memberRules.set(source, [...ofSource, { ...rule, pattern: rule.pattern.slice(source.length + 1) }]);
    return false;
  });
  return { nameRules, memberRules };
}

function sourceOf(pattern: string, names: ReadonlySet<string>): string | undefined {
  for (let dot = pattern.lastIndexOf("."); dot > 0; dot = pattern.lastIndexOf(".", dot - 1)) {
    const source = pattern.slice(0, dot);
    if (names.has(source) && dot < pattern.length - 1) return source;
  }
  return undefined;
}

/**
 * Selects keys of the JSON object in a variable.
 *
 * @returns the choices, without prefix, and the value of each; and rules that leave out keys which a later rule brings back, all of them
 * @throws {StashError} `RULES_UNMATCHED` if there is no JSON object, or a rule matches none of its keys; `TARGETS_CONFLICT` if two keys are
 *   the same when those of nested objects are joined. Only TARGETS_CONFLICT can name keys, as the names of variables that they are to become
 */
export function selectMembers(
  source: string,
  text: string,
  rules: readonly VariableRule[],
): { members: { choice: Choice; value: string }[]; overruled: VariableRule[] } {
  if (!rules.some(({ action }) => action === "include")) throw nothingIncluded(source, rules);
  const members = readMembers(text);
  if (members === "ambiguous") throw ambiguousKeys(source);
  if (members === "too long") throw tooLongKeys(source);
  if (members === undefined) {
    const lines = listLines(rules, (rule) => `- ${describeRule(rule)}`);
    throw unmatched(
      `${printable(source)} does not hold a JSON object, whose keys these rules in variables ask for:\n${lines}`,
    );
  }
  const { chosen, unmatched: left, overruled } = chooseVariables(members.keys(), rules);
  const missing = left.filter(({ isOptional, pattern }) => !isOptional && pattern !== "*");
  if (missing.length > 0) {
    const lines = listLines(missing, (rule) => `- ${describeRule(rule)}`);
    throw unmatched(`the JSON object in ${printable(source)} has no such keys:\n${lines}`);
  }
  const selected = chosen.map((choice) => ({
    choice: { ...choice, source, member: choice.source },
    value: members.get(choice.source) ?? "",
  }));
  return { members: selected, overruled };
}

function nothingIncluded(source: string, rules: readonly VariableRule[]): StashError {
  const name = printable(source);
  const lines = listLines(rules, (rule) => `- ${describeRule(rule)}`);
  return new StashError(
    "RULES_UNMATCHED",
    `Nothing was exported, because these rules in variables leave out keys of ${name}, and no rule takes any:\n${lines}\nTo take all others, ` +
      `leave out ${name} as a whole (!${name}), and take its keys first (${name}.*).`,
  );
}

function ambiguousKeys(source: string): StashError {
  return new StashError(
    "TARGETS_CONFLICT",
    `Nothing was exported, because two keys of the JSON object in ${printable(source)} have the same name when those of nested objects are joined ` +
      "by __. Rename one of them in the value.",
  );
}

function unmatched(what: string): StashError {
  return new StashError(
    "RULES_UNMATCHED",
    `Nothing was exported, because ${what}\nCorrect the rule or the value, or end the rule with ? if the key may be missing.`,
  );
}

const MAX_NAME = 255; // as of variables (stash/variables.ts)

function tooLongKeys(source: string): StashError {
  return new StashError(
    "NAMES_REFUSED",
    `Nothing was exported, because a key of the JSON object in ${printable(source)} is longer than ${MAX_NAME} characters, together with those of the ` +
      "objects that it is in. Store the part that the job needs in a variable of its own.",
  );
}

/**
 * The keys of a JSON object, those of objects in it joined by `__`. Strings are taken as they are, everything else as JSON.
 *
 * @returns `undefined` if it is no JSON object
 */
function readMembers(text: string): Map<string, string> | "ambiguous" | "too long" | undefined {
  const root = parseJson(text);
  if (!isObject(root)) return undefined;
  const members = new Map<string, string>();
  // Not recursive, because a value can be nested deeper than the stack allows.
  const pending: [string, unknown][] = Object.entries(root).reverse();
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [key, value] = next;
    if (key.length > MAX_NAME) return "too long"; // Also of what is nested too deep.
    if (isObject(value) && Object.keys(value).length > 0) {
      for (const [inner, child] of Object.entries(value).reverse()) pending.push([`${key}__${inner}`, child]);
    } else if (members.has(key)) return "ambiguous";
    else members.set(key, typeof value === "string" ? value : JSON.stringify(value));
  }
  return members;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isRawJson(value);
}

// A number keeps the digits it was written with: JavaScript would round an account number of 20 digits
// (tc39/proposal-json-parse-with-source, in Node since version 21).
const { rawJSON, isRawJSON: isRawJson } = JSON as unknown as {
  rawJSON(text: string): unknown;
  isRawJSON(value: unknown): boolean;
};

function parseJson(text: string): unknown {
  const keepDigits = (_: string, value: unknown, { source }: { source?: string } = {}) =>
    typeof value === "number" && source !== undefined ? rawJSON(source) : value;
  try {
    return JSON.parse(text, keepDigits);
  } catch {
    return undefined;
  }
}
