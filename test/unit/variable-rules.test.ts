import { describe, expect, test } from "vitest";
import { parseVariableRules } from "../../src/select/rules.ts";
import { checkRequired, selectVariables } from "../../src/select/selection.ts";

const stored = [
  "DB_HOST",
  "DB_DEBUG",
  "STRIPE_KEY",
  "AWS_ID",
  "AWS_KEY",
  "APP_KEY",
  "APP_ENV",
  "SECRET_STASH_X",
  "X1",
  "X2",
];
const everything = ["DB_HOST", "DB_DEBUG", "STRIPE_KEY", "AWS_ID", "AWS_KEY", "X1", "X2"];

function select(
  text: string,
  changes: { names?: string[]; prefix?: string; ignore?: string[] } = {},
): string[] {
  const mistakes: string[] = [];
  const rules = parseVariableRules(text, (mistake) => mistakes.push(mistake));
  if (mistakes.length > 0) throw new Error(mistakes.join("; "));
  const { names = stored, prefix = "", ignore = ["APP_KEY", "APP_ENV"] } = changes;
  const { choices } = selectVariables(names, { rules, prefix, ignore });
  return choices.map(({ source, target }) => (source === target ? source : `${source} as ${target}`));
}

describe("what is selected", () => {
  test.each<[string, string, string[]]>([
    ["everything", "*", everything],
    ["a pattern", "DB_*", ["DB_HOST", "DB_DEBUG"]],
    ["a pattern without one", "DB_*\n!DB_DEBUG", ["DB_HOST"]],
    ["the last rule decides", "!DB_DEBUG\nDB_*", ["DB_HOST", "DB_DEBUG"]],
    ["everything without some", "*, !AWS_*, !X?*", ["DB_HOST", "DB_DEBUG", "STRIPE_KEY"]],
    ["a new name", "STRIPE_KEY as PAYMENTS_KEY", ["STRIPE_KEY as PAYMENTS_KEY"]],
    ["a later plain rule takes the new name back", "STRIPE_KEY as PAYMENTS_KEY\nSTRIPE_KEY", ["STRIPE_KEY"]],
    ["an optional name that is there", "STRIPE_KEY?", ["STRIPE_KEY"]],
    ["an optional name that is not", "SENTRY_DSN?, X1", ["X1"]],
    ["an optional new name, marked on either side", "SENTRY_DSN? as A\nSENTRY_DSN as B?\nX1", ["X1"]],
    ["an optional exclusion", "X1\n!NOT_THERE?", ["X1"]],
    ["the star carries over", "AWS_* as TF_VAR_*", ["AWS_ID as TF_VAR_ID", "AWS_KEY as TF_VAR_KEY"]],
    [
      "several stars are carried over in order",
      "*_* as *__*\n!APP_*?\n!DB_DEBUG",
      ["DB_HOST as DB__HOST", "STRIPE_KEY as STRIPE__KEY", "AWS_ID as AWS__ID", "AWS_KEY as AWS__KEY"],
    ],
    ["? and sets", "X[1-2]\n!X[!1]", ["X1"]],
    ["comments, blank lines, CRLF", "# all of it\r\n\r\nX1 # one, two\r\n  X2  \r\n", ["X1", "X2"]],
    ["an exclusion of a name that is ignored anyway", "*\n!APP_KEY\n!AWS_*\n!X?*\n!DB_*", ["STRIPE_KEY"]],
    ["an ignored name that is asked for", "APP_KEY, X1", ["APP_KEY", "X1"].sort()],
    ["an ignored name under a new one", "APP_KEY as LARAVEL_KEY", ["APP_KEY as LARAVEL_KEY"]],
    ["our own names, when asked for", "SECRET_STASH_X as MINE", ["SECRET_STASH_X as MINE"]],
  ])("%s", (_, rules, expected) => {
    expect(select(rules).sort()).toEqual([...expected].sort());
  });

  test("a pattern does not include an ignored name", () => {
    expect(select("A*")).toEqual(["AWS_ID", "AWS_KEY"]);
  });

  test("nothing is selected from nothing", () => {
    expect(select("*", { names: [] })).toEqual([]);
  });

  test("the prefix is put before every name, new ones included", () => {
    expect(select("X1\nX2 as Y", { prefix: "APP_" })).toEqual(["X1 as APP_X1", "X2 as APP_Y"]);
  });

  test("a dot, a dash and a plus are literal", () => {
    expect(select("a.b as AB, c+d as CD", { names: ["a.b", "axb", "c+d"] })).toEqual([
      "a.b as AB",
      "c+d as CD",
    ]);
  });
});

describe("what is refused", () => {
  test.each<[string, string, RegExp]>([
    [
      "a rule that matches nothing",
      "X1\nSENTRY_DSN",
      /RULES_UNMATCHED.*- line 2, "SENTRY_DSN"\n.*end the rule with \?/s,
    ],
    ["a pattern that matches nothing", "GCP_*", /RULES_UNMATCHED.*none of the 7 variables/s],
    [
      "a pattern that only ignored names match",
      "X1\nAPP_*",
      /"APP_\*" \(APP_(KEY|ENV) is in ignore; name it explicitly to include it\)/,
    ],
    ["an exclusion that matches nothing", "*\n!SENTRY_DSN", /RULES_UNMATCHED.*"!SENTRY_DSN"/s],
    [
      "two variables of one name",
      "AWS_ID as X\nAWS_KEY as X",
      /TARGETS_CONFLICT.*- X: AWS_ID \(line 1, "AWS_ID as X"\) and AWS_KEY \(line 2, .*\)\n/s,
    ],
    ["a pattern without a star in the new name", "AWS_* as X", /TARGETS_CONFLICT/],
    [
      "a new name that is another's own",
      "X1 as X2, X2",
      /TARGETS_CONFLICT.*- X2: X1 \(.*\) and X2 \(.*\)\n/s,
    ],
  ])("%s", (_, rules, expected) => {
    expect(() => {
      try {
        select(rules);
      } catch (error) {
        throw new Error(`${(error as { code: string }).code} ${(error as Error).message}`);
      }
    }).toThrow(expected);
  });

  test.each<[string, RegExp]>([
    ["A B", /^line 1, "A B": expected NAME, !NAME, NAME\? or NAME as OTHER/],
    ["X1\nA as", /^line 2, "A as": expected/],
    ["A as B C", /expected NAME/],
    ["!A", /no rule includes anything\. .*start with \*/],
    ["# only a comment", /no rule includes anything/],
    ["!", /^line 1, "!": expected/],
    ["!!A", /expected/],
    ["!A as B", /a name that is left out cannot be renamed/],
    ["A as 1B", /the new name may contain only letters, digits, _ and \*/],
    ["A as B-C", /the new name may contain/],
    ["A as B*", /more \* than the pattern/],
    ["A_* as *_*", /more \* than the pattern/],
    ["A[b", /a \[ is not closed/],
    ["A[]", /a \[ is not closed/],
    ["A[z-a]", /holds no valid range/],
  ])("%j", (rules, expected) => {
    expect(() => select(rules)).toThrow(expected);
  });
});

test("ten thousand rules for ten thousand variables are looked up, not tried one by one", () => {
  const names = Array.from({ length: 10_000 }, (_, index) => `NAME_${index}`);
  const text = names.map((name) => `${name} as X_${name}`).join("\n");
  expect(select(text, { names })).toHaveLength(10_000);
  const patterns = names.map((name) => `${name}*?`).join("\n");
  expect(select(patterns, { names })).toHaveLength(10_000);
});

test("when ten thousand rules match nothing, similar names are looked up for those that are shown only", () => {
  const names = Array.from({ length: 10_000 }, (_, index) => `NAME_${index}`);
  const rules = names.map((name) => `${name.slice(0, -1)}_`).join("\n");
  expect(() => select(rules, { names })).toThrow(/NAME__\W+Did you mean NAME_0\?(.|\n)*and 9980 more/);
  const missing = names.map((name) => `${name}_MISSING`);
  expect(() => checkRequired(new Map(names.map((name) => [name, "1"])), missing)).toThrow(/and 9980 more/);
});
