import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

test("it ends by itself, with nothing left and nothing shown", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, "demo.ts")], {
    encoding: "utf8",
  });
  expect(status, stderr).toBe(0);
  expect(stdout.trimEnd()).toMatch(/What is left on the runner.*\n {2}nothing$/);
  expect(stdout).toContain("STRIPE_KEY=***");
  expect(stdout).not.toContain("sk_test_");
});
