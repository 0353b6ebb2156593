import { printable } from "../lib/printable.ts";
import { compileGlob, createNameMatcher, INVALID_PATTERN } from "./patterns.ts";

/** One rule of `variables`: which names it applies to, and what it does with them. */
export interface VariableRule {
  /** 1-based */
  line: number;
  /** as it was written, for messages */
  text: string;
  action: "include" | "exclude";
  pattern: string;
  /** the new name; each `*` in it stands for what a `*` of the pattern matched */
  target: string | undefined;
  /** whether it may match nothing */
  isOptional: boolean;
}

const EXPECTED =
  "expected NAME, !NAME, NAME? or NAME as OTHER, where NAME may contain *, ? and [a-z], or NAME.KEY for a key of a JSON object";
const RULE = /^(?<not>!?)\s*(?<pattern>[^\s!]\S*?)(?<optional>\??)(?:\s+as\s+(?<target>\S+?)(?<late>\??))?$/;

/**
 * Parses rules, which are separated by line breaks or commas. `#` starts a comment.
 *
 * @param refuse called for each mistake, with the line, the rule and what was expected
 */
export function parseVariableRules(text: string, refuse: (mistake: string) => void): VariableRule[] {
  const written = text.split(/\r?\n/).flatMap((line, index) =>
    line
      .replace(/#.*/, "")
      .split(",")
      .map((rule) => ({ line: index + 1, text: rule.trim() })),
  );
  const rules: VariableRule[] = [];
  for (const { line, text } of written.filter((rule) => rule.text !== "")) {
    const groups = RULE.exec(text)?.groups;
    const rule: VariableRule = {
      line,
      text,
      action: groups?.not === "!" ? "exclude" : "include",
      pattern: groups?.pattern ?? "",
      target: groups?.target,
      isOptional: groups?.optional === "?" || groups?.late === "?",
    };
    const mistake = groups === undefined ? EXPECTED : mistakeIn(rule);
    if (mistake !== undefined) refuse(`${describeRule(rule)}: ${mistake}`);
    rules.push(rule);
  }
  if (!rules.some(({ action }) => action === "include")) {
    refuse("no rule includes anything. To leave out some names and include all others, start with *");
  }
  return rules;
}

/** `line 3, "DB_*"`: where a rule is and what it says, safe to print. */
export function describeRule({ line, text }: VariableRule): string {
  return `line ${line}, "${printable(text)}"`;
}

function mistakeIn({ action, pattern, target }: VariableRule): string | undefined {
  if (compileGlob(pattern) === undefined) return INVALID_PATTERN;
  if (target === undefined) return undefined;
  if (action === "exclude") return "a name that is left out cannot be renamed";
  if (!/^[A-Za-z_*][A-Za-z0-9_*]*$/.test(target))
    return "the new name may contain only letters, digits, _ and *";
  if (stars(target) > stars(pattern)) return "the new name contains more * than the pattern";
  return undefined;
}

function stars(text: string): number {
  return text.split("*").length - 1;
}

/** A selected variable, the name under which it is exported, and the rule that says so. */
export interface Choice {
  source: string;
  /** the key of the JSON object in the source whose value it is; `undefined` for the whole value */
  member?: string;
  target: string;
  rule: VariableRule;
}

/**
 * Selects names. For each name, the last rule that matches it decides.
 *
 * @returns the choices; the rules that matched no name; and those that leave names out, all of which a later rule brings back
 */
export function chooseVariables(
  names: Iterable<string>,
  rules: readonly VariableRule[],
): { chosen: Choice[]; unmatched: VariableRule[]; overruled: VariableRule[] } {
  const matchesOf = createNameMatcher(rules.map(({ pattern }) => pattern));
  const matched = new Set<VariableRule | undefined>();
  const effective = new Set<VariableRule | undefined>();
  const chosen: Choice[] = [];
  for (const source of names) {
    const matches = matchesOf(source);
    for (const { index } of matches) matched.add(rules[index]);
    const last = matches.at(-1);
    const rule = rules[last?.index ?? -1];
    for (const { index } of matches) if (isEffective(rules[index], rule)) effective.add(rules[index]);
    if (rule?.action === "include")
      chosen.push({ source, target: rename(source, rule, last?.captures ?? []), rule });
  }
  const overruled = rules.filter(
    (rule) => rule.action === "exclude" && matched.has(rule) && !effective.has(rule),
  );
  return { chosen, unmatched: rules.filter((rule) => !matched.has(rule)), overruled };
}

/** Whether a rule has its way with a name. To leave out `DB_*` and bring back `DB_HOST` alone is no mistake. */
function isEffective(rule: VariableRule | undefined, last: VariableRule | undefined): boolean {
  const isException = !/[*?[]/.test(last?.pattern ?? "") && last?.pattern !== rule?.pattern;
  return last?.action === rule?.action || isException;
}

function rename(source: string, { target }: VariableRule, captures: readonly string[]): string {
  let next = 0;
  return target?.replaceAll("*", () => captures[next++] ?? "") ?? source;
}
