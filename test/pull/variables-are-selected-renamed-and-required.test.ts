import { expect, test } from "vitest";
import { failingMain, type Session, startSession } from "../support/session.ts";

const variables = {
  DB_HOST: "db host",
  DB_DEBUG: "db debug",
  STRIPE_KEY: "stripe key",
  EMPTY: "",
  APP_KEY: "app key",
};
const exported = ({ job }: Session) =>
  Object.fromEntries([...job.environment].filter(([name]) => name !== "SECRET_STASH_KEY_DIR"));

test("variables selects, renames and leaves out; prefix is put before all; ignored names are included if they are named", async () => {
  const session = await startSession({ variables });
  const rules = "DB_*        # both\n!DB_DEBUG\nSTRIPE_KEY as PAYMENTS_KEY, APP_KEY\nSENTRY_DSN?";
  const step = session.step({ variables: rules, prefix: "CI_", required: "CI_DB_HOST CI_APP_KEY" });
  expect(await step.main()).toBe(0);
  expect(exported(session)).toEqual({
    CI_DB_HOST: "db host",
    CI_PAYMENTS_KEY: "stripe key",
    CI_APP_KEY: "app key",
  });
  expect(JSON.parse(step.outputs.get("names") ?? "")).toEqual([
    "CI_DB_HOST",
    "CI_PAYMENTS_KEY",
    "CI_APP_KEY",
  ]);
  expect(session.job.log.lines).toContain("CI_PAYMENTS_KEY, stored as STRIPE_KEY");
});

test("a rule that matches nothing fails before a key is registered", async () => {
  const session = await startSession({ variables });
  const message = await failingMain(session, { variables: "DB_*\nSENTRY_DSN" });
  expect(message).toMatch(/match none of the 4 variables:\n- line 2, "SENTRY_DSN"\n.*\[RULES_UNMATCHED\]\n/s);
  expect(session.requests.map(({ method }) => method)).not.toContain("POST");
});

test("two variables with the same name are reported", async () => {
  const session = await startSession({ variables });
  expect(await failingMain(session, { variables: "DB_HOST as X\nSTRIPE_KEY as X" })).toMatch(
    /- X: DB_HOST \(line 1, "DB_HOST as X"\) and STRIPE_KEY \(line 2, "STRIPE_KEY as X"\)\n.*\[TARGETS_CONFLICT\]\n/s,
  );
});

test("names are checked after renaming", async () => {
  const session = await startSession({ variables: { "weird-name": "weird value", SAFE: "safe value" } });
  expect(await session.step({ variables: "weird-name as GOOD_NAME" }).main()).toBe(0);
  expect(exported(session)).toEqual({ GOOD_NAME: "weird value" });
  const refused = await startSession({ variables: { SAFE: "safe value" } });
  expect(await failingMain(refused, { variables: "SAFE as LD_PRELOAD" })).toMatch(
    /: LD_PRELOAD \[NAMES_REFUSED\]\n/,
  );
});

test("required names that are missing or empty are all reported in one error", async () => {
  const session = await startSession({ variables });
  expect(await failingMain(session, { required: "DB_HOST, EMPTY\nSENTRY_DSN" })).toMatch(
    /required variables are missing: SENTRY_DSN; empty: EMPTY\. .*\[REQUIRED_MISSING\]\n/,
  );
});

test("a variable that is not selected does not have to decrypt", async () => {
  const session = await startSession({ variables });
  session.server.store.saveVariable(1, "DB_DEBUG", JSON.stringify({ v: 1 }));
  expect(await session.step({ variables: "*, !DB_DEBUG" }).main()).toBe(0);
});
