import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readerNamed } from "../property/dotenv-readers.ts";
import { failingMain, startSession } from "../support/session.ts";

const serviceAccount = JSON.stringify(
  { type: "service_account", private_key: "-----BEGIN\nit's\n-----END" },
  null,
  2,
);
const variables = {
  GOOGLE: serviceAccount,
  MOTTO: 'it\'s "both" and `more`',
  LITERAL: "${APP_NAME} costs $5",
  WINDOWS: "first\r\nsecond C:\\new",
};

test.each([
  ["phpdotenv", "vlucas/phpdotenv", ["GOOGLE", "MOTTO", "LITERAL", "WINDOWS"]],
  ["laravel", "vlucas/phpdotenv", ["GOOGLE", "MOTTO", "LITERAL", "WINDOWS"]],
  ["python-dotenv", "python-dotenv", ["GOOGLE", "MOTTO", "LITERAL", "WINDOWS"]],
  ["docker-compose", "compose-go", ["GOOGLE", "MOTTO", "LITERAL", "WINDOWS"]],
  ["node-dotenv", "npm's dotenv", ["GOOGLE", "MOTTO", "LITERAL"]],
  ["ruby-dotenv", "ruby's dotenv", ["MOTTO", "LITERAL"]],
] as const)("%s", async (format, name, names) => {
  const reader = readerNamed(name);
  const session = await startSession({ variables });
  const path = join(session.job.workspace, ".env");
  writeFileSync(path, "MINE=1\nMOTTO=old # why\n");
  const step = session.step({ "env-file": `.env:${format}`, variables: names.join(", ") });
  expect(await step.main()).toBe(0);
  const text = readFileSync(path, "utf8");
  if (reader.isInstalled()) {
    expect(reader.read(path, text)).toMatchObject({
      MINE: "1",
      ...Object.fromEntries(names.map((known) => [known, variables[known]])),
    });
  }
  expect(await step.post()).toBe(0);
  expect(readFileSync(path, "utf8")).toBe("MINE=1\nMOTTO=old # why\n");
});

test("what one reader cannot read is refused by name", async () => {
  const session = await startSession({ variables });
  expect(await failingMain(session, { "env-file": ".env", "env-file-format": "ruby-dotenv" })).toMatch(
    /the ruby-dotenv format cannot represent .*\n- GOOGLE: contains a single quote, # or a line break, and the text.*\n- WINDOWS: contains a carriage return, .*\n.*\[VALUES_REFUSED\]/,
  );
});

test("ruby-dotenv refuses lines that an old version would take for variables of their own", async () => {
  const session = await startSession({ variables: { CERT: "line one\nRUBYOPT=-r/tmp/evil\nlast" } });
  expect(await failingMain(session, { "env-file": ".env:ruby-dotenv" })).toMatch(
    /- CERT: contains a line that looks like an assignment, which version 2\.4 of ruby's dotenv takes for one\n/,
  );
});

test.each([
  [{}, "Name the one reader of the file, which then gets its own escapes: env-file: .env:phpdotenv (or"],
  [{ artisan: "" }, "If phpdotenv is what reads the file, write: env-file: .env:phpdotenv"],
  [{ "composer.json": '{"require":{"vlucas/phpdotenv":"^5"}}' }, "write: env-file: .env:phpdotenv"],
  [{ "package.json": '{"dependencies":{"dotenv":"^17"}}' }, "write: env-file: .env:node-dotenv"],
  [{ "package.json": '{"dependencies":{}}' }, "Name the one reader"],
  [{ "requirements.txt": "django\npython-dotenv==1.2\n" }, "write: env-file: .env:python-dotenv"],
  [{ Gemfile: "gem 'dotenv-rails'\n" }, "write: env-file: .env:ruby-dotenv"],
  [{ "compose.yaml": "services: {}\n" }, "write: env-file: .env:docker-compose"],
])("beside %j, the refusal of the common format says what to write", async (files, expected) => {
  const session = await startSession({ variables });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(session.job.workspace, name), text);
  const message = await failingMain(session, { "env-file": ".env" });
  expect(message).toContain("because the dotenv format cannot represent these variables");
  expect(message).toContain(expected);
});

test("each file holds what its rules choose, so that one value does not block the other file", async () => {
  const session = await startSession({ variables: { ...variables, DB_HOST: "db", DB_PASS: "s3cr3t-pass" } });
  const step = session.step({
    "env-file": "docker.env:docker DB_*, !DB_PASS\npath with spaces.env:phpdotenv *, !DB_*\nall.json:json",
  });
  expect(await step.main()).toBe(0);
  const read = (name: string) => readFileSync(join(session.job.workspace, name), "utf8");
  expect(read("docker.env")).toBe("DB_HOST=db\n");
  const names = [...read("path with spaces.env").matchAll(/^(\w+)=/gm)].map(([, name]) => name);
  expect(names).toEqual(["GOOGLE", "MOTTO", "LITERAL", "WINDOWS"]);
  expect(Object.keys(JSON.parse(read("all.json")))).toHaveLength(6);
});

test.each([
  [
    ".env:dotenv DB_*",
    /rules for the env file \.env match none of the exported variables:\n- DB_\*\n.*\[RULES_UNMATCHED\]/,
  ],
  [".env:larvel DB_*", /- env-file: line 1, ".env:larvel DB_\*": expected a path/],
  [".env DB_*", /- env-file: line 1, ".env DB_\*": expected a path/],
  [".env DB_HOST", /- env-file: line 1, ".env DB_HOST": expected a path/],
  [".env:dotenv A as B", /line 1, ".*": names are changed in variables \(NAME as OTHER\), not here/],
  [".env:dotenv !GOOGLE", /no rule includes anything/],
])("%s is refused", async (request, expected) => {
  const session = await startSession({ variables });
  expect(await failingMain(session, { "env-file": request })).toMatch(expected);
});
