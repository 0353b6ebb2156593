import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { actionRoot } from "../runner/job.ts";

// Attack 22: a recipe that puts the token and the grant key into the job's `env:` gives them to every step of the job.

interface Workflow {
  env?: Record<string, unknown>;
  jobs?: Record<string, { env?: Record<string, unknown>; steps?: { env?: Record<string, unknown> }[] }>;
}

const pages = globSync(["README.md", "docs/**/*.md", "action.yml", "src/**/*.ts"], { cwd: actionRoot });
const blocks = pages.flatMap((page) =>
  Array.from(
    readFileSync(join(actionRoot, page), "utf8").matchAll(/```ya?ml\n([\s\S]*?)```/g),
    ([, text = ""]) => ({ page, text }),
  ),
);
const files = globSync(".github/workflows/*.yml", { cwd: actionRoot }).map((page) => ({
  page,
  text: readFileSync(join(actionRoot, page), "utf8"),
}));

test("there are examples", () => {
  expect(blocks.length).toBeGreaterThan(20);
});

test.each([...blocks, ...files])("$page", ({ text }) => {
  expect(shared(text)).toEqual([]);
});

test("negative control: one that does is found", () => {
  expect(shared("jobs:\n  a:\n    env: { SECRET_STASH_API_TOKEN: x }\n    steps: []\n")).toEqual([
    "SECRET_STASH_API_TOKEN",
  ]);
  expect(shared("env:\n  SECRET_STASH_GRANT_KEY: x\n")).toEqual(["SECRET_STASH_GRANT_KEY"]);
});

/** The credentials that all steps would get. */
function shared(text: string): string[] {
  const workflow = (parseYaml(text) ?? {}) as Workflow;
  const environments = [workflow.env, ...Object.values(workflow.jobs ?? {}).map(({ env }) => env)];
  return environments
    .flatMap((env) => Object.keys(env ?? {}))
    .filter((name) => /^SECRET_STASH_(API_TOKEN|GRANT_KEY)$/.test(name));
}
