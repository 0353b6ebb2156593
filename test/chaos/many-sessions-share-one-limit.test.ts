import { expect, inject, test } from "vitest";
import { runSessions } from "./load.ts";

test("twenty sessions at once on a limit that three quarters of them exceed: all succeed, each with its four requests", async () => {
  const load = await runSessions(inject("keys"), 20, 20, 3000);
  expect(load).toMatchObject({ sessions: 20, succeeded: 20, taken: 80, leftOver: [] });
});
