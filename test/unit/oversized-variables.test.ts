import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { describeOversized } from "../../src/command/limits.ts";

const KIB = 1024;
const starts = (variables: ReadonlyMap<string, string>) =>
  spawnSync("true", [], { env: { PATH: process.env.PATH ?? "", ...Object.fromEntries(variables) } })
    .status === 0;

test.each<[string, Map<string, string>, RegExp]>([
  [
    "one of 128 KiB with its name",
    new Map([["A", "x".repeat(128 * KIB - 2)]]),
    /^A: larger than 128 KiB, which Linux does not allow/,
  ],
  [
    "many of 60 KiB",
    new Map(Array.from({ length: 40 }, (_, i) => [`N${i}`, "x".repeat(60 * KIB)])),
    /^The variables together come close to 2 MiB/,
  ],
])("%s: said before Linux says it", (_, variables, expected) => {
  expect(describeOversized(variables, "linux")).toMatch(expected);
  if (process.platform === "linux") expect(starts(variables)).toBe(false); // negative control: it does refuse
});

test("what is just small enough is allowed, and starts", () => {
  const variables = new Map([["A", "x".repeat(128 * KIB - 3)]]);
  expect(describeOversized(variables, "linux")).toBeUndefined();
  if (process.platform === "linux") expect(starts(variables)).toBe(true);
});
