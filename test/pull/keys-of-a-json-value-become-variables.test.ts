import { expect, test } from "vitest";
import { failingMain, startSession } from "../support/session.ts";

const credentials = {
  host: "db.internal.example.test",
  port: 5432,
  tls: true,
  account: "BIG",
  options: { pool: { size: 10 }, tags: ["a", "b"], empty: {} },
  password: "s3cr3t-of-the-database",
  nothing: null,
};
const DB = JSON.stringify(credentials, null, 2).replace('"BIG"', "12345678901234567890");
const variables = {
  DB,
  PLAIN: "plain-secret",
  "dotted.name": "not json",
  LIST: "[1]",
  TWICE: '{"a__b":"x","a":{"b":"y"}}',
};

test("all keys, nested ones joined by __, non-strings as JSON, numbers with the digits they were written with", async () => {
  const session = await startSession({ variables });
  const step = session.step({ variables: "DB.* as DB_*" });
  expect(await step.main()).toBe(0);
  const { SECRET_STASH_KEY_DIR: _, ...exported } = Object.fromEntries(session.job.environment);
  expect(exported).toEqual({
    DB_host: "db.internal.example.test",
    DB_port: "5432",
    DB_tls: "true",
    DB_account: "12345678901234567890",
    DB_options__pool__size: "10",
    DB_options__tags: '["a","b"]',
    DB_options__empty: "{}",
    DB_password: "s3cr3t-of-the-database",
    DB_nothing: "null",
  });
  expect(step.outputs.get("count")).toBe("9");
  session.job.log.write("> s3cr3t-of-the-database");
  expect(session.job.log.lines.at(-1)).toBe("> ***");
  expect(session.job.log.lines).toContain("DB_host, stored as DB.host");
});

test("single keys, beside other variables, with a prefix, and without the rest of the object", async () => {
  const session = await startSession({ variables });
  const rules = "PLAIN, DB.host as HOST, DB.options__* as *, !DB.options__tags, DB.user? as USER, !DB";
  expect(await session.step({ variables: rules, prefix: "X_" }).main()).toBe(0);
  const { SECRET_STASH_KEY_DIR: _, ...exported } = Object.fromEntries(session.job.environment);
  expect(exported).toEqual({
    X_PLAIN: "plain-secret",
    X_HOST: "db.internal.example.test",
    X_pool__size: "10",
    X_empty: "{}",
  });
});

test("a variable whose own name has a dot is meant as a whole", async () => {
  const session = await startSession({ variables });
  expect(await session.step({ variables: "dotted.name as DOTTED" }).main()).toBe(0);
  expect(session.job.environment.get("DOTTED")).toBe("not json");
});

test("a value that others refer to is masked, although only keys of it were selected", async () => {
  const session = await startSession({
    variables: { DB: '{"host":"h","password":"s3cr3t-of-the-db"}', URL: "conf=${DB}" },
  });
  expect(await session.step({ variables: "DB.host, URL", "resolve-references": "true" }).main()).toBe(0);
  session.job.log.write("> s3cr3t-of-the-db");
  expect(session.job.log.lines.at(-1)).toBe("> ***");
});

test("names that grow with the depth of the object are refused, before they fill the memory", async () => {
  const deep = `${'{"a":'.repeat(200)}1${"}".repeat(200)}`;
  const session = await startSession({ variables: { DEEP: deep } });
  expect(await failingMain(session, { variables: "DEEP.*" })).toMatch(
    /a key of the JSON object in DEEP is longer than 255 characters, .*\[NAMES_REFUSED\]/,
  );
});

test("a rule that leaves out keys before a later one brings them back is mentioned", async () => {
  const session = await startSession({ variables });
  expect(await session.step({ variables: "!DB.password, DB.*" }).main()).toBe(0);
  expect(session.job.log.annotations.map(({ message }) => message)).toContain(
    'variables: line 1, "!DB.password" has no effect, because a later rule brings back everything that it leaves out. Put it after that rule.',
  );
});

test.each([
  [
    "a key that is missing",
    "DB.user",
    /^Nothing was exported, because the JSON object in DB has no such keys:\n- line 1, "DB\.user"\n.*\[RULES_UNMATCHED\]/,
  ],
  [
    "a value that is no object",
    "LIST.*",
    /^Nothing was exported, because LIST does not hold a JSON object, .*\n- line 1, "LIST\.\*"\n.*\[RULES_UNMATCHED\]/,
  ],
  [
    "a variable that does not exist",
    "DBX.host",
    /match none of the 5 variables:\n- line 1, "DBX\.host"\n.*\[RULES_UNMATCHED\]/,
  ],
  [
    "rules that only leave out",
    "*, !DB.password",
    /rules in variables leave out keys of DB, and no rule takes any:\n- line 1, "!DB\.password"\n.*\(!DB\).*\[RULES_UNMATCHED\]/,
  ],
  [
    "two keys that are one when joined",
    "TWICE.*",
    /two keys of the JSON object in TWICE have the same name .*\[TARGETS_CONFLICT\]/,
  ],
  [
    "two keys of one name",
    "DB.host as A, DB.password as A",
    /- A: DB\.host \(line 1, "DB\.host as A"\) and DB\.password .*\[TARGETS_CONFLICT\]/s,
  ],
])("%s is an error that names no value", async (_, rules, expected) => {
  const session = await startSession({ variables });
  const message = await failingMain(session, { variables: rules });
  expect(message).toMatch(expected);
  expect(message).not.toMatch(/s3cr3t|internal/);
});
