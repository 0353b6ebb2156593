import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse as parseYaml, stringify as stringifyYaml } from "yaml";
import { parseVariableRules } from "../../src/select/rules.ts";
import { validateWorkflow } from "../build/validator.ts";
import { readTemplate } from "../gitlab/job.ts";
import { actionManifest, actionRoot } from "../runner/job.ts";

const readme = readFileSync(join(actionRoot, "README.md"), "utf8");
const blocksOf = (text: string) =>
  [...text.matchAll(/^```yaml\n(.*?)^```$/gms)].map((match) => match[1] ?? "");
const isForGitLab = (block: string) => /^include:/m.test(block);
const blocks = [readme, readFileSync(join(actionRoot, "docs/getting-started.md"), "utf8")]
  .flatMap(blocksOf)
  .filter((block) => !isForGitLab(block));
const gitLabBlocks = [readme, readFileSync(join(actionRoot, "docs/gitlab.md"), "utf8")]
  .flatMap(blocksOf)
  .filter(isForGitLab);
const { inputs } = actionManifest();

type Step = { uses?: string; with?: Record<string, string>; env?: Record<string, string> };
type Job = { steps?: Step[]; uses?: string; with?: Record<string, string> };
type Workflow = { on?: unknown; jobs?: Record<string, Job> };

/** Steps, or jobs, as they would be in a workflow. */
function asWorkflow(parsed: Step[] | Workflow): string {
  if (Array.isArray(parsed)) {
    return stringifyYaml({ on: "push", jobs: { job: { "runs-on": "ubuntu-latest", steps: parsed } } });
  }
  return stringifyYaml({ on: "push", ...parsed });
}

test.each(blocks)("%s", (block) => {
  const parsed = parseYaml(block, { strict: true }) as Step[] | Workflow;
  expect(validateWorkflow(asWorkflow(parsed)).errors).toEqual([]);
  const jobs = Array.isArray(parsed) ? [] : Object.values(parsed.jobs ?? {});
  const steps = Array.isArray(parsed) ? parsed : jobs.flatMap(({ steps = [] }) => steps);
  const ours = steps.filter(({ uses }) => uses === "org/secret-stash-action@v1");
  const called = jobs.filter(({ uses }) => uses?.startsWith("org/secret-stash-action/"));
  expect(ours.length + called.length).toBeGreaterThan(0);
  for (const { uses = "", with: given = {} } of called) {
    const file = /^org\/secret-stash-action\/(.*)@v1$/.exec(uses)?.[1] ?? "";
    const { on } = parseYaml(readFileSync(join(actionRoot, file), "utf8"));
    expect(Object.keys(on.workflow_call.inputs)).toEqual(expect.arrayContaining(Object.keys(given)));
  }
  for (const step of ours) {
    expect(Object.keys(inputs)).toEqual(expect.arrayContaining(Object.keys(step.with ?? {})));
    const asInputs = Object.keys(step.env ?? {})
      .filter((name) => !/^(HTTPS|NO)_PROXY$/.test(name))
      .map((name) => name.replace("SECRET_STASH_", "").toLowerCase().replaceAll("_", "-"));
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
    const forBroker = "broker-url" in given ? "-broker" : "";
    expect(extended).toEqual([`${spec.inputs["job-name"]?.default}${forBroker}`]);
  }
});
