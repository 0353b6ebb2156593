import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { actionRoot } from "../runner/job.ts";
import { generatedDocs } from "./write-docs.ts";

test.each([...generatedDocs()])("%s is what npm run docs writes", (path, content) => {
  expect(readFileSync(join(actionRoot, path), "utf8")).toBe(content);
});
