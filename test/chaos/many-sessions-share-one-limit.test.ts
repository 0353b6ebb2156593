import { expect, inject, test } from "vitest";
import { runSessions } from "./load.ts";

test("twenty sessions at once on a limit that three quarters of them exceed: all succeed, with one key and four requests each", async () => {
  const load = await runSessions(inject("keys"), 20, 20, 3000);
  expect(load).toMatchObject({ sessions: 20, succeeded: 20, registered: 20, leftOver: [] });
  // If a connection breaks while its process waits for a core, there is one more request.
  expect(load.taken).toBeGreaterThanOrEqual(80);
  expect(load.taken).toBeLessThan(100);
});
