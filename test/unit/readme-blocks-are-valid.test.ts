import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { parseVariableRules } from "../../src/select/variable-rules.ts";
import { actionManifest, actionRoot } from "../runner/job.ts";

const readme = readFileSync(join(actionRoot, "README.md"), "utf8");
const blocks = [...readme.matchAll(/^```yaml\n(.*?)^```$/gms)].map((match) => match[1] ?? "");
const { inputs } = actionManifest();

type Step = { uses?: string; with?: Record<string, string>; env?: Record<string, string> };
type Workflow = { jobs?: Record<string, { steps: Step[] }> };

test.each(blocks)("%s", (block) => {
  const parsed = parseYaml(block, { strict: true }) as Step[] | Workflow;
  const steps = Array.isArray(parsed) ? parsed : Object.values(parsed.jobs ?? {}).flatMap((job) => job.steps);
  const ours = steps.filter(({ uses }) => uses === "org/secret-stash-action@v1");
  expect(ours.length).toBeGreaterThan(0);
  for (const step of ours) {
    expect(Object.keys(inputs)).toEqual(expect.arrayContaining(Object.keys(step.with ?? {})));
    const asInputs = Object.keys(step.env ?? {}).map((name) =>
      name.replace("SECRET_STASH_", "").toLowerCase().replaceAll("_", "-"),
    );
    expect(Object.keys(inputs)).toEqual(expect.arrayContaining(asInputs));
    const mistakes: string[] = [];
    parseVariableRules(step.with?.variables ?? "*", (mistake) => mistakes.push(mistake));
    expect(mistakes).toEqual([]);
  }
});
