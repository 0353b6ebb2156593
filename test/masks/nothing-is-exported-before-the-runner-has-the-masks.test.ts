import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { startSession } from "../support/session.ts";

test("a runner that reads slowly is waited for", async () => {
  const variables = Object.fromEntries(
    Array.from({ length: 300 }, (_, index) => [`NAME_${index}`, `${index}`.repeat(500)]),
  );
  const session = await startSession({ variables });
  let sizeBeforeReading = -1;
  const exitCode = await session.step().main(async (child) => {
    // Nobody reads standard output: the pipe is full long before the last mask.
    child.stdout?.pause();
    while (!session.requests.some(({ method, url }) => method === "POST" && url.endsWith("/envelope")))
      await sleep(20);
    await sleep(1000);
    const command = readFileSync(`/proc/${child.pid}/environ`, "utf8").split("\0");
    const file = command.find((entry) => entry.startsWith("GITHUB_ENV="))?.slice("GITHUB_ENV=".length) ?? "";
    sizeBeforeReading = readFileSync(file).length;
    child.stdout?.resume();
  });
  expect(exitCode).toBe(0);
  expect(sizeBeforeReading).toBe(0);
  expect(session.job.environment.size).toBe(301);
});
