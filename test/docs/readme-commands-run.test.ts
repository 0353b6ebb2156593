import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { actionRoot } from "../runner/job.ts";
import { startCliSession } from "../support/cli.ts";

// Every command block of the README is either run here or, as the demos and the tests themselves, by the test that is named.

const readme = readFileSync(join(actionRoot, "README.md"), "utf8");
const commands = Array.from(readme.matchAll(/^```sh\n(.*?)^```$/gms), ([, block = ""]) =>
  block.trim().split("\n"),
).flat();
const { scripts } = JSON.parse(readFileSync(join(actionRoot, "package.json"), "utf8"));

const runElsewhere: Record<string, string> = {
  "npm ci && npm run demo": "test/demo/demo-runs.test.ts",
  "npm run demo:broker": "test/demo/demo-runs.test.ts",
  "npm run demo:gitlab": "test/gitlab/component-works-in-a-pipeline.test.ts",
  "npm run demo:approve": "test/demo/demo-runs.test.ts",
  "npm ci && npm test": ".ci/run",
  "set -a; . ./credentials.json.env; set +a": "test/stash-server/starts-from-the-command-line.test.ts",
  "npx node dist/index.js doctor": "test/stash-server/starts-from-the-command-line.test.ts",
  "npx node dist/index.js exec -- printenv GREETING":
    "test/stash-server/starts-from-the-command-line.test.ts",
  "echo \"GREETING='hello from the stash'\" > values.env":
    "test/stash-server/starts-from-the-command-line.test.ts",
  "npm run stash-server -- --port 0 --credentials credentials.json --variables values.env":
    "test/stash-server/starts-from-the-command-line.test.ts",
  "secret-stash-ci approve --environment production": "test/approvals/person-approves.test.ts",
};
const ours = commands.filter((command) => /^secret-stash-ci (exec|doctor)/.test(command));

test("each is known, and is run somewhere", () => {
  for (const command of commands.filter((command) => !ours.includes(command))) {
    expect(existsSync(join(actionRoot, runElsewhere[command] ?? "unknown")), command).toBe(true);
    const [, script] = /npm run ([\w:-]+)/.exec(command) ?? [];
    if (script !== undefined) expect(Object.keys(scripts)).toContain(script);
  }
  expect(ours).toHaveLength(2);
});

test.each(ours)("%s", async (command) => {
  const session = await startCliSession();
  const script = join(session.job.workspace, "deploy.sh");
  writeFileSync(script, "#!/bin/sh\nprintenv API_KEY\n", { mode: 0o755 });
  const [, ...args] = command.replace("--environment testing", "--environment ci").split(" ");
  const { code, stdout, stderr } = await session.run(args);
  expect(code, stderr).toBe(0);
  expect(stdout).toContain(command.includes("exec") ? "***" : "A pull would work.");
});
