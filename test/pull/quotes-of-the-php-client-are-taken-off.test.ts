import { expect, test } from "vitest";
import { readQuoted } from "../../src/format/dotenv/quoted-value.ts";
import { startSession } from "../support/session.ts";

const variables = {
  DB_PASSWORD: '"p#ss w0rd-of-laravel"',
  ESCAPED: String.raw`"say \"hi\" to C:\\new\tline"`,
  LITERAL: String.raw`'single $quoted \n value'`,
  APP_NAME: "Acme Shop",
  MAIL_FROM_NAME: '"${APP_NAME}"',
  PROTECTED: String.raw`"\${APP_NAME} costs 5\$"`,
  SINGLE: "'${APP_NAME}'",
  CSP: "'self' 'none'",
  COMMENTED: "a # b",
  JSON: '{"a": "b"}',
  BROKEN: String.raw`"no \q escape"`,
  HALF: '"half',
};
const kept = ["CSP", "COMMENTED", "JSON", "BROKEN", "HALF", "APP_NAME"] as const;

test("one quoted string is read as phpdotenv reads it, everything else stays to the byte, and both forms are masked", async () => {
  const session = await startSession({ variables });
  expect(await session.step().main()).toBe(0);
  const { environment, log } = session.job;
  expect(Object.fromEntries(environment)).toMatchObject({
    DB_PASSWORD: "p#ss w0rd-of-laravel",
    ESCAPED: 'say "hi" to C:\\new\tline',
    LITERAL: "single $quoted \\n value",
    MAIL_FROM_NAME: "${APP_NAME}",
    PROTECTED: "${APP_NAME} costs 5$",
    SINGLE: "${APP_NAME}",
    ...Object.fromEntries(kept.map((name) => [name, variables[name]])),
  });
  const told = log.lines.filter((line) => line.includes("without them as phpdotenv reads them"));
  expect(told).toEqual([
    "SecretStash: stored in quotes, and read without them as phpdotenv reads them: DB_PASSWORD, ESCAPED, LITERAL, MAIL_FROM_NAME, PROTECTED, " +
      "SINGLE. To keep the quotes, set unquote to false.",
  ]);
  for (const name of ["DB_PASSWORD", "ESCAPED", "LITERAL", "PROTECTED"] as const) {
    for (const form of [variables[name], environment.get(name) ?? ""]) {
      log.write(`> ${form}`);
      expect(log.lines.at(-1), name).toMatch(/^> ["']?\*\*\*["']?$/);
    }
  }
});

test("references in double quotes are resolved, those that quotes or a backslash protect are not", async () => {
  const session = await startSession({ variables });
  expect(await session.step({ "resolve-references": "true" }).main()).toBe(0);
  expect(Object.fromEntries(session.job.environment)).toMatchObject({
    MAIL_FROM_NAME: "Acme Shop",
    PROTECTED: "${APP_NAME} costs 5$",
    SINGLE: "${APP_NAME}",
  });
});

test("unquote: false keeps every value to the byte", async () => {
  const session = await startSession({ variables });
  expect(await session.step({ unquote: "false" }).main()).toBe(0);
  const { SECRET_STASH_KEY_DIR: _, ...exported } = Object.fromEntries(session.job.environment);
  expect(exported).toEqual(variables);
  expect(session.job.log.lines.join("\n")).not.toContain("phpdotenv");
});

test.each([
  ['""', ""],
  ["''", ""],
  ['"a"  ', "a"],
  ['"a" # b', undefined],
  [' "a"', undefined],
  ['"', undefined],
  ['"a"b"', undefined],
  ["'it's'", undefined],
  [String.raw`"a\"`, undefined],
  [String.raw`"\\"`, "\\"],
  ["'a\nb'", undefined],
  ['"a\r\nb"', "a\nb"],
])("%j is read as %j", (value, expected) => {
  expect(readQuoted(value)).toBe(expected);
});
