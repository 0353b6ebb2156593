import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { parseConfig } from "../../src/broker/policy/config.ts";
import { settings } from "../../src/broker/policy/settings.ts";
import { statuses } from "../../src/broker/server/statuses.ts";
import { validateWorkflow } from "../build/validator.ts";
import { actionRoot } from "../runner/job.ts";

const page = readFileSync(join(actionRoot, "docs/broker.md"), "utf8");
const blocks = (language: string) =>
  Array.from(page.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, "gs")), ([, block = ""]) => block);
const policy = blocks("yaml").find((block) => block.startsWith("version: 1")) ?? "";

test("the policy is one, and so are the rules that are shown by themselves", () => {
  const { rules } = parseConfig(policy, "broker.yaml");
  expect(rules.map(({ name }) => name)).toEqual(["deploy", "gl-deploy"]);
  const more = blocks("yaml").find((block) => block.startsWith("  - name: org-deploy")) ?? "";
  const kite = "  kite: { type: buildkite, url: https://agent.buildkite.com }\n";
  const named = more.replace("issuer: buildkite", "issuer: kite");
  const whole = policy.replace("rules:\n", `${kite}rules:\n`).replace("pins:\n", `${named}pins:\n`);
  expect(parseConfig(whole, "broker.yaml").rules).toHaveLength(4);
});

test("the workflow is one, and has the permission that it needs", () => {
  const [jobs = ""] = blocks("yaml").filter((block) => block.startsWith("jobs:"));
  expect(validateWorkflow(`on: push\n${jobs}`).errors).toEqual([]);
  expect(parseYaml(jobs).jobs.deploy.permissions).toEqual({ "id-token": "write", contents: "read" });
});

test("every setting is in a table, and every code with its status", () => {
  const [, tables = ""] = page.split("### Settings");
  for (const name of Object.keys(settings.entries).filter((key) => !["version", "rules"].includes(key))) {
    expect(tables, name).toMatch(new RegExp(`^\\|[^|]*\`${name}\``, "m"));
  }
  const [, protocol = ""] = page.split("## The protocol");
  const told = Array.from(protocol.matchAll(/^\| ([\d, ]+)[^|]*\| (.*) \|$/gm)).flatMap(
    ([, status = "", codes = ""]) =>
      Array.from(codes.matchAll(/`([a-z]+(?:_[a-z]+)+)`/g), ([, code = ""]) => [code, status] as const),
  );
  const shown = new Map(told);
  for (const [code, status] of Object.entries(statuses)) {
    if (["internal", "listen_failed", "not_found", "policy_invalid"].includes(code)) continue; // no answer to a job
    expect(shown.get(code), code).toContain(String(status));
  }
});
