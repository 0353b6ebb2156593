import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { encryptValue } from "../stash-server/owner.ts";
import { failingMain, type Session, startSession } from "../support/session.ts";

test("all of them, in one error", async () => {
  const session = await startSession({
    variables: { GOOD: "good value", STALE: "x", BROKEN: "x", APP_KEY: "x" },
  });
  replacePayload(session, "STALE", encryptValue("under another key", randomBytes(32)));
  replacePayload(session, "BROKEN", { v: 1 });
  replacePayload(session, "APP_KEY", "ignored, so it does not count");
  expect(await failingMain(session)).toMatch(
    /^2 of 3 variables cannot be decrypted: STALE, BROKEN\. .*leave them out with ignore\. \[VARIABLES_UNDECRYPTABLE\]\n/,
  );
});

test("ignoring one by name pulls the others", async () => {
  const session = await startSession({ variables: { GOOD: "good value", STALE: "x" } });
  replacePayload(session, "STALE", encryptValue("under another key", randomBytes(32)));
  expect(await session.step({ ignore: "STALE" }).main()).toBe(0);
  expect(session.job.environment.get("GOOD")).toBe("good value");
  expect(session.job.environment.has("STALE")).toBe(false);
});

test("a name that occurs twice is ambiguous", async () => {
  const session = await startSession({
    answer: ({ url }) =>
      url.endsWith("/variables")
        ? Response.json({
            data: [
              { name: "TWICE", payload: null },
              { name: "TWICE", payload: null },
            ],
          })
        : undefined,
  });
  expect(await failingMain(session)).toMatch(/more than one variable named TWICE.*\[VARIABLES_AMBIGUOUS\]\n/);
});

function replacePayload({ server, account }: Session, name: string, payload: unknown): void {
  const { id } = server.store.findEnvironment(account.applicationId, account.environment) ?? { id: 0 };
  server.store.saveVariable(id, name, JSON.stringify(payload));
}
