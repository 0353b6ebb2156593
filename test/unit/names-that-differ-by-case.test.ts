import { expect, test } from "vitest";
import { checkExports } from "../../src/select/exportable.ts";

const rules = { allowNames: [], writtenOut: new Set<string>(), hostRefuses: [], takenNames: [] };
const variables = new Map([
  ["API_KEY", "1"],
  ["Api_Key", "2"],
  ["OTHER", "3"],
]);

test("where case does not count, as on Windows, names that differ only by case are refused", () => {
  expect(() => checkExports(variables, { ...rules, ignoresCase: true })).toThrow(
    "differ only by case, which is ignored here (rename one with variables: NAME as OTHER): API_KEY, Api_Key",
  );
});

test("elsewhere they are two variables", () => {
  expect(() => checkExports(variables, { ...rules, ignoresCase: false })).not.toThrow();
});
