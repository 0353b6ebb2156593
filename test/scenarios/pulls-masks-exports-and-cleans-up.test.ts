import { expect, test } from "vitest";
import { startSession } from "./session.ts";

test("a job gets its variables, and nothing is left after it", async () => {
  const session = await startSession();
  const step = session.step();
  expect(await step.main()).toBe(0);
  expect(session.job.environment.get("API_KEY")).toBe("plain-secret-value");
  expect(session.keyDirectories()).toHaveLength(1);
  expect(await step.post()).toBe(0);
  expect(session.keyDirectories()).toEqual([]);
  console.log(session.job.log.lines.join("\n"));
});
