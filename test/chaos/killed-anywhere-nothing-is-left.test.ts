import { appendFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { killEverywhere } from "./faults.ts";
import { startVictim } from "./victim.ts";

// A sample of what `npm run chaos` does at 200 moments and at every operation (docs/reliability.md).
test("main, post, exec and pull, killed at some moments and before some changes to the disk", async () => {
  for (const { fault, tried, survived, lost, leftOver } of await killEverywhere(inject("keys"), {
    moments: 4,
    everyOperation: 16,
  })) {
    expect({ fault, lost, leftOver, survived }).toEqual({ fault, lost: [], leftOver: [], survived: tried });
    expect(tried, fault).toBeGreaterThan(0);
  }
});

test("negative control: half an export, a draft that others can read and a forgotten key directory are seen", async () => {
  const victim = await startVictim(inject("keys"));
  expect([...victim.partial(), ...victim.leftOver()]).toEqual([]);
  appendFileSync(join(victim.paths.commands, "env"), "ONE=first-secret-value\n");
  writeFileSync(join(victim.paths.workspace, ".env"), "ONE=first-secret-value\n");
  writeFileSync(join(victim.paths.workspace, ".env.draft"), "second-secret-value", { mode: 0o644 });
  expect(victim.partial()).toEqual([
    expect.stringMatching(/env holds 1 of 4$/),
    ".env is neither what it was nor whole",
    ".env.draft can be read by others",
  ]);
  expect(victim.leftOver()).toEqual([".env.draft", "values in .env"]);
  victim.reset();
  await victim.main();
  expect(readdirSync(victim.paths.temp)).toHaveLength(1);
  expect(victim.leftOver()).toEqual([expect.stringMatching(/^secret-stash-tmp-/), "values in .env"]);
  await victim.close();
});
