import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { actionRoot } from "../runner/job.ts";

const read = (path: string) => readFileSync(join(actionRoot, "templates", path), "utf8");

interface Orb {
  commands: Record<
    string,
    { parameters: Record<string, { type: string }>; steps: { run: { command: string; when?: string } }[] }
  >;
  examples: Record<string, unknown>;
}

test("the CircleCI orb declares every parameter that it uses, and pastes none into a script", () => {
  const orb: Orb = parse(read("circleci/orb.yml"));
  expect(Object.keys(orb.commands)).toEqual(["exec", "pull", "clean-up"]);
  for (const command of Object.values(orb.commands)) {
    const used = [...JSON.stringify(command.steps).matchAll(/<< parameters\.([\w-]+) >>/g)].map(
      ([, name]) => name,
    );
    expect([...new Set(used)].sort()).toEqual(Object.keys(command.parameters).sort());
    for (const step of command.steps) expect(step.run.command).not.toContain("<<");
  }
  expect(orb.commands["clean-up"]?.steps[0]?.run.when).toBe("always");
});

test("the Azure steps declare every parameter they use, paste none into a script, and always clean up", () => {
  const text = read("azure-pipelines/steps.yml");
  const { parameters, steps } = parse(text) as {
    parameters: { name: string }[];
    steps: (string | { bash: string; condition?: string })[];
  };
  const used = [...JSON.stringify(steps).matchAll(/\$\{\{ parameters\.(\w+) \}\}/g)].map(([, name]) => name);
  expect([...new Set(used)].sort()).toEqual(parameters.map(({ name }) => name).sort());
  const own = steps.filter((step) => typeof step === "object" && step !== null && "bash" in step);
  for (const step of own) expect((step as { bash: string }).bash).not.toContain("${{");
  expect((own.at(-1) as { condition?: string }).condition).toBe("always()");
});

test("the Jenkins step puts nothing into a command line", () => {
  const text = read("jenkins/vars/secretStashExec.groovy");
  expect(text).toContain("sh '''#!/bin/sh");
  expect(text).not.toMatch(/sh\s*"/);
});
