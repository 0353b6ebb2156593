import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { describeError, StashError } from "../../src/lib/errors.ts";
import { actionRoot } from "../runner/job.ts";

const source = readFileSync(join(actionRoot, "src/lib/errors.ts"), "utf8");
const codes = Array.from(source.matchAll(/^ {2}\| "([A-Z_]+)"/gm), ([, code = ""]) => code);
const page = readFileSync(join(actionRoot, "docs/errors.md"), "utf8");

test("docs/errors.md has a heading for each code, and for no other", () => {
  expect(codes.length).toBeGreaterThan(40);
  const headings = Array.from(page.matchAll(/^### ([A-Z_]+)$/gm), ([, code = ""]) => code);
  expect(headings.sort()).toEqual([...codes, "INTERNAL"].sort());
});

test.each([...codes, "INTERNAL"])(
  "%s: the message links to its heading, and below it something is said",
  (code) => {
    const error = code === "INTERNAL" ? new Error("x") : new StashError(code as "USAGE", "What happened.");
    const [, anchor] = /docs\/errors\.md#(\S+)/.exec(describeError(error).message) ?? [];
    // GitHub's anchors: lower case, spaces to hyphens, underscores as they are.
    expect(anchor).toBe(code.toLowerCase());
    const [, said = ""] = page.split(`### ${code}\n`);
    expect(said.split("\n## ")[0]?.split("\n### ")[0]?.trim().length).toBeGreaterThan(20);
  },
);
