import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { parseVariableRules } from "../../src/select/variable-rules.ts";
import { readTemplate } from "../gitlab/job.ts";
import { actionManifest, actionRoot } from "../runner/job.ts";

const readme = readFileSync(join(actionRoot, "README.md"), "utf8");
const blocksOf = (text: string) =>
  [...text.matchAll(/^```yaml\n(.*?)^```$/gms)].map((match) => match[1] ?? "");
const isForGitLab = (block: string) => /^include:/m.test(block);
const blocks = blocksOf(readme).filter((block) => !isForGitLab(block));
const gitLabBlocks = [readme, readFileSync(join(actionRoot, "docs/gitlab.md"), "utf8")]
  .flatMap(blocksOf)
  .filter(isForGitLab);
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

interface Pipeline {
  include: { component: string; inputs: Record<string, string> }[];
  [job: string]: unknown;
}

test.each(gitLabBlocks)("GitLab: %s", (block) => {
  const { include, ...jobs } = parseYaml(block, { strict: true }) as Pipeline;
  for (const { component, inputs: given } of include) {
    const { spec } = readTemplate(/\/([\w-]+)@1$/.exec(component)?.[1] ?? "");
    expect(Object.keys(spec.inputs)).toEqual(expect.arrayContaining(Object.keys(given)));
    const extended = (Object.values(jobs) as { extends: string }[]).map((job) => job.extends);
    expect(extended).toEqual([spec.inputs["job-name"]?.default]);
  }
});
