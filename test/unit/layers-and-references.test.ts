import { describe, expect, test } from "vitest";
import { mergeLayers } from "../../src/select/layers.ts";
import { createReferenceResolver } from "../../src/select/references.ts";
import { checkRequired } from "../../src/select/selection.ts";

describe("layers", () => {
  const layer = (environment: string, ...names: string[]) => ({
    environment,
    items: names.map((name) => ({ name })),
  });

  test("later ones win, and what they override is known", () => {
    const merged = mergeLayers([layer("shared", "A", "B"), layer("testing", "B", "C"), layer("mine", "B")]);
    expect([...merged].map(([name, { environment, overrode }]) => [name, environment, overrode])).toEqual([
      ["A", "shared", []],
      ["B", "mine", ["shared", "testing"]],
      ["C", "testing", []],
    ]);
  });

  test("a name that stands twice in one layer is ambiguous", () => {
    expect(() => mergeLayers([layer("shared", "A", "A")])).toThrow(
      expect.objectContaining({ code: "VARIABLES_AMBIGUOUS" }),
    );
  });
});

describe("references", () => {
  const resolve = (name: string, values: Record<string, string>) =>
    createReferenceResolver((key) => (Object.hasOwn(values, key) ? values[key] : undefined))(name);

  test.each<[string, Record<string, string>, string]>([
    ["a value without any", { A: "plain $B $(id)" }, "plain $B $(id)"],
    ["one", { A: "x${B}y", B: "b" }, "xby"],
    ["a chain", { A: "${B}!", B: "${C}${C}", C: "c" }, "cc!"],
    ["an escape", { A: "$${B} and ${B}", B: "b" }, "${B} and b"],
    ["an escape of nothing", { A: "$${" }, "${"],
    ["a dollar before a reference", { A: "$$${B}", B: "b" }, "$${B}"],
    ["what is no name in braces", { A: "${} ${1} ${a-b} ${" }, "${} ${1} ${a-b} ${"],
    ["an empty value", { A: "[${B}]", B: "" }, "[]"],
    ["what a reference brings in is not looked at again as text", { A: "${B}", B: "$${C}" }, "${C}"],
    ["replacement patterns mean nothing", { A: "${B}", B: "$& $1 $`" }, "$& $1 $`"],
  ])("%s", (_, values, expected) => {
    expect(resolve("A", values)).toBe(expected);
  });

  test.each<[string, Record<string, string>, RegExp]>([
    ["an unknown name", { A: "${B}", B: "${NOPE}" }, /: A -> B -> NOPE: the last name does not exist\./],
    ["a circle", { A: "${B}", B: "${C}", C: "${A}" }, /: A -> B -> C -> A: the last name refers to itself\./],
    ["itself", { A: "${A}" }, /: A -> A: the last name refers to itself\./],
  ])("%s shows the chain of names", (_, values, expected) => {
    expect(() => resolve("A", values)).toThrow(
      expect.objectContaining({ code: "REFERENCES_UNRESOLVED", message: expect.stringMatching(expected) }),
    );
  });

  test("depth and growth are limited", () => {
    const deep = Object.fromEntries(
      Array.from({ length: 200 }, (_, index) => [`N${index}`, `\${N${index + 1}}`]),
    );
    expect(() => resolve("N0", deep)).toThrow(/more than 100 references deep/);
    const last = createReferenceResolver((name) => deep[name] ?? "end");
    expect(last("N150")).toBe("end"); // from here it is not deep, but N0 is, whatever was looked up before
    expect(() => last("N0")).toThrow(/more than 100 references deep/);
    const laughs = Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [`N${index}`, `\${N${index + 1}}`.repeat(10)]),
    );
    expect(() => resolve("N0", { ...laughs, N40: "ha" })).toThrow(/larger than 64 MB in all/);
  });
});

test("required names that are missing or empty are all named in one error", () => {
  const variables = new Map([
    ["A", "a"],
    ["B", ""],
  ]);
  expect(() => checkRequired(variables, ["A"])).not.toThrow();
  expect(() => checkRequired(variables, ["A", "B", "C", "D"])).toThrow(
    expect.objectContaining({
      code: "REQUIRED_MISSING",
      message: expect.stringContaining("missing: C, D; empty: B."),
    }),
  );
});
