import { printable } from "../errors.ts";
import { compileGlob, isGlob } from "./glob.ts";

/** One line of `variables`: which names it speaks of, and what becomes of them. */
export interface VariableRule {
  /** 1-based */
  line: number;
  /** as it was written, for messages */
  text: string;
  action: "include" | "exclude";
  pattern: string;
  /** the new name; its `*` stand for those of the pattern */
  target: string | undefined;
  /** matching nothing is fine */
  isOptional: boolean;
}

const EXPECTED = "expected NAME, !NAME, NAME? or NAME as OTHER, where NAME may hold *, ? and [a-z]";
const RULE = /^(?<not>!?)\s*(?<pattern>[^\s!]\S*?)(?<optional>\??)(?:\s+as\s+(?<target>\S+?)(?<late>\??))?$/;

/**
 * Parses rules, one a line or comma; `#` begins a comment.
 *
 * @param refuse called for each mistake with the line, the rule and what was expected
 */
export function parseVariableRules(text: string, refuse: (mistake: string) => void): VariableRule[] {
  const written = text.split(/\r?\n/).flatMap((line, index) =>
    line
      .replace(/#.*/, "")
      .split(",")
      .map((rule) => ({ line: index + 1, text: rule.trim() })),
  );
  return written
    .filter((rule) => rule.text !== "")
    .flatMap((rule) => {
      const groups = RULE.exec(rule.text)?.groups;
      if (groups === undefined) {
        refuse(`line ${rule.line}, "${printable(rule.text)}": ${EXPECTED}`);
        return [];
      }
      const { pattern = "", target } = groups;
      const parsed: VariableRule = {
        ...rule,
        action: groups.not === "" ? "include" : "exclude",
        pattern,
        target,
        isOptional: groups.optional === "?" || groups.late === "?",
      };
      const mistake = mistakeIn(parsed);
      if (mistake !== undefined) refuse(`line ${rule.line}, "${printable(rule.text)}": ${mistake}`);
      return [parsed];
    });
}

function mistakeIn({ action, pattern, target }: VariableRule): string | undefined {
  if (compileGlob(pattern) === undefined) return "a [ does not close, or holds no range";
  if (target === undefined) return undefined;
  if (action === "exclude") return "what is left out takes no new name";
  if (!/^[A-Za-z_*][A-Za-z0-9_*]*$/.test(target)) return "the new name may hold letters, digits, _ and *";
  if (stars(target) > stars(pattern)) return "the new name has more * than the pattern";
  return undefined;
}

function stars(text: string): number {
  return text.split("*").length - 1;
}

/** Which variable is exported under which name. */
export interface Choice {
  source: string;
  target: string;
}

export interface Choices {
  chosen: Choice[];
  /** rules that matched nothing and are not optional */
  unmatched: VariableRule[];
}

interface Match {
  index: number;
  /** what each `*` of the pattern stands for */
  captures: string[];
}

/** Chooses among names: for each, the last rule that matches it decides. */
export function chooseVariables(names: Iterable<string>, rules: readonly VariableRule[]): Choices {
  const matchesOf = createMatcher(rules);
  const matched = new Set<number>();
  const chosen: Choice[] = [];
  for (const source of names) {
    const matches = matchesOf(source);
    for (const { index } of matches) matched.add(index);
    const last = matches.reduce<Match | undefined>((a, b) => (a && a.index > b.index ? a : b), undefined);
    const rule = rules[last?.index ?? -1];
    if (rule?.action === "include")
      chosen.push({ source, target: rename(source, rule, last?.captures ?? []) });
  }
  // A bare `*` is everything, and everything may be nothing.
  const unmatched = rules.filter(
    (rule, index) => !matched.has(index) && !rule.isOptional && rule.pattern !== "*",
  );
  return { chosen, unmatched };
}

/** Plain names are looked up, so that ten thousand rules for ten thousand variables stay linear; only patterns are tried in turn. */
function createMatcher(rules: readonly VariableRule[]): (name: string) => Match[] {
  const plain = new Map<string, Match[]>();
  const globs: { index: number; expression: RegExp }[] = [];
  for (const [index, { pattern }] of rules.entries()) {
    const expression = isGlob(pattern) ? compileGlob(pattern) : undefined;
    if (expression !== undefined) globs.push({ index, expression });
    else
      plain
        .set(pattern, plain.get(pattern) ?? [])
        .get(pattern)
        ?.push({ index, captures: [] });
  }
  return (name) => [
    ...(plain.get(name) ?? []),
    ...globs.flatMap(({ index, expression }) => {
      const match = expression.exec(name);
      return match === null ? [] : [{ index, captures: match.slice(1) }];
    }),
  ];
}

function rename(source: string, { target }: VariableRule, captures: readonly string[]): string {
  let next = 0;
  return target?.replaceAll("*", () => captures[next++] ?? "") ?? source;
}
