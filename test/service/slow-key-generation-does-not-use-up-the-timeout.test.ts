import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { copyQuickAction } from "../support/quick-action.ts";
import { startSession } from "../support/session.ts";

// The deadline belongs to a request. A session has no other clock: how long a key takes is a matter of luck and of the machine.

const TIMEOUT_SECONDS = 4;

test("a key that takes longer than the timeout is registered all the same", async () => {
  const session = await startSession();
  const root = copyQuickAction(join(session.job.workspace, "slow"), inject("keyPool"));
  writeFileSync(
    join(root, "dist/generate-key.js"),
    `setTimeout(() => import("./generate-key-for-real.js"), ${(TIMEOUT_SECONDS + 1) * 1000});`,
  );
  const slow = await startSession({ root });
  const step = slow.step({ timeout: String(TIMEOUT_SECONDS) });
  expect(await step.main()).toBe(0);
  expect(slow.job.environment.get("API_KEY")).toBe("plain-secret-value");
  await step.post();
  expect(slow.leftInTemp()).toEqual([]);
});
