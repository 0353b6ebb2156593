import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createRedactor } from "../../src/redact/redactor.ts";
import { actionRoot } from "../runner/job.ts";
import { isMissing, measure, programs, rowOf, values } from "./printed-forms.ts";

const page = readFileSync(join(actionRoot, "docs/masking.md"), "utf8");

// What stays open even in our redactor, each with its reason in docs/masking.md.
const open: Record<string, readonly string[]> = {
  "perl: quotemeta": ["ACCENTS"],
  base32: Object.keys(values),
  "two lines of a terminal": Object.keys(values),
};

describe.each(programs)("%s", (name, command) => {
  test.skipIf(isMissing(command))(
    "shows no eight characters in a row, and docs/masking.md says where it does",
    () => {
      const shown = measure(name, command);
      expect([...shown.gitLab.keys()]).toEqual(open[name] ?? []);
      expect(page.includes(rowOf(name, shown)), `npm run docs writes: ${rowOf(name, shown)}`).toBe(true);
    },
  );
});

test("negative control: with nothing but the value itself, a trace shows it", () => {
  const redactor = createRedactor([values.LONG]);
  const { stderr } = spawnSync("bash", ["-c", 'set -x; [[ x == "$V" ]]; :'], {
    env: { PATH: process.env.PATH ?? "", V: values.LONG },
  });
  expect(Buffer.concat([...redactor.write(stderr), ...redactor.end()]).toString()).toContain(
    "\\c\\o\\r\\r\\e\\c\\t",
  );
});
