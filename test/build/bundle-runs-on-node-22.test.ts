import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { type RunOptions, startCliSession } from "../support/cli.ts";

// Job images lag behind GitHub's runners (docs/gitlab.md). `.ci/run` gets Node 22 from npm and names it here.
const node = process.env.NODE_22;

test.skipIf(!node)("pull, mask, exec and clean-up on Node 22, named by NODE_22", async () => {
  expect(execFileSync(node ?? "", ["--version"], { encoding: "utf8" })).toMatch(/^v22\./);
  const { run } = await startCliSession();
  const runOn22 = (args: string[], options: RunOptions = {}) => run(args, { ...options, node: node ?? "" });
  const executed = await runOn22(["exec", "--", "sh", "-c", "echo $API_KEY; exit 3"]);
  expect(executed).toMatchObject({ code: 3, stdout: "***\n" });
  const pulled = await runOn22(["pull", "--format", "shell"]);
  expect(pulled.stdout).toContain("export API_KEY='plain-secret-value'");
  const environment = { SECRET_STASH_SESSION_DIR: /SESSION_DIR='([^']+)'/.exec(pulled.stdout)?.[1] ?? "" };
  expect((await runOn22(["mask"], { environment, input: "a plain-secret-value b" })).stdout).toBe("a *** b");
  expect((await runOn22(["clean-up"], { environment })).stderr).toContain("the temporary key is gone");
});
