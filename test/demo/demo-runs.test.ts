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

test("the broker's ends by itself: two jobs granted, four requests refused, with nothing left and nothing shown", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, "broker.ts")], {
    encoding: "utf8",
  });
  expect(status, stderr + stdout).toBe(0);
  expect(stdout).toContain("STRIPE_KEY=***");
  expect(stdout).not.toMatch(/sk_live_|p@ss-w0rd|p%40ss/);
  expect(stdout.match(/^ {2}.*UTC$/gm)).toHaveLength(10);
});
