import { readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { type ActionStep, actionRoot, startJob } from "../runner/job.ts";

// The job "action" of .github/workflows/ci.yml, step by step under the runner stand-in, so that it is known to pass before it runs on GitHub.

interface Step {
  id?: string;
  uses?: string;
  with?: Record<string, unknown>;
  run?: string;
}

test("its steps pass, its secret does not show, and nothing is left", async () => {
  const workflow = parseYaml(readFileSync(join(actionRoot, ".github/workflows/ci.yml"), "utf8"));
  const job = startJob();
  for (const entry of readdirSync(actionRoot)) {
    if (entry !== ".git" && entry !== ".env")
      symlinkSync(join(actionRoot, entry), join(job.workspace, entry));
  }
  onTestFinished(() => stopServer(job.temp));
  const outputs = new Map<string, Map<string, string>>();
  const fill = (text: unknown) =>
    String(text).replace(
      /\$\{\{ steps\.(\w+)\.outputs\.([\w-]+) \}\}/g,
      (_, id, name) => outputs.get(id)?.get(name) ?? "",
    );
  const used: ActionStep[] = [];
  for (const step of workflow.jobs.action.steps as Step[]) {
    if (step.run === "npm ci" || step.uses?.startsWith("actions/")) continue; // done already
    if (step.uses === "./") {
      const inputs = Object.fromEntries(
        Object.entries(step.with ?? {}).map(([name, value]) => [name, fill(value)]),
      );
      const action = job.uses(inputs);
      used.push(action);
      expect(await action.main(), job.log.lines.join("\n")).toBe(0);
    } else {
      const own = new Map<string, string>();
      expect(await job.run(step.run ?? "", own), `${step.run}\n${job.log.lines.join("\n")}`).toBe(0);
      if (step.id) outputs.set(step.id, own);
    }
  }
  for (const action of used.reverse()) expect(await action.post()).toBe(0);
  expect(used).toHaveLength(2);
  expect(readdirSync(job.temp).filter((name) => name.startsWith("secret-stash-"))).toEqual([]);
  expect(job.log.lines.join("\n")).not.toContain("hello from the stash");
});

function stopServer(temp: string): void {
  const { pid } = JSON.parse(readFileSync(join(temp, "credentials.json"), "utf8"));
  process.kill(pid, "SIGTERM");
}
