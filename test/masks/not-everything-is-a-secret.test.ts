import { expect, test } from "vitest";
import { type Session, startSession } from "../support/session.ts";

const variables = {
  NODE_ENV: "testing",
  APP_URL: "https://app.example.test/in-s3cr3t-path",
  TOKEN: "in-s3cr3t-path",
  PIN: "4711",
};
const messages = ({ job }: Session, level: string) =>
  job.log.annotations.filter((annotation) => annotation.level === level).map(({ message }) => message);

test("unmasked values show, their names are noted, and a masked value inside one stays hidden", async () => {
  const session = await startSession({ variables });
  expect(await session.step({ unmasked: "NODE_*, APP_URL" }).main()).toBe(0);
  session.job.log.write("> testing https://app.example.test/in-s3cr3t-path 4711");
  expect(session.job.log.lines.at(-1)).toBe("> testing https://app.example.test/*** ***");
  expect(messages(session, "notice")).toContain("Not masked, as requested: NODE_ENV, APP_URL.");
  expect(messages(session, "warning")).toEqual([
    "APP_URL: not masked, but the value contains a masked value, or one in another form. That part appears as *** in the log.",
  ]);
  expect(session.job.log.raw.join("\n")).not.toMatch(/Not masked.*testing/);
});

test("min-mask-length lets short values show", async () => {
  const session = await startSession({ variables });
  expect(await session.step({ "min-mask-length": "5" }).main()).toBe(0);
  session.job.log.write("> 4711 in-s3cr3t-path");
  expect(session.job.log.lines.at(-1)).toBe("> 4711 ***");
  expect(messages(session, "notice")).toContain("Not masked, as requested: PIN.");
});

test("outputs do not bring the masks back", async () => {
  const session = await startSession({ variables });
  const step = session.step({ outputs: "true", unmasked: "NODE_ENV", "min-mask-length": "5" });
  expect(await step.main()).toBe(0);
  session.job.log.write("> testing 4711 in-s3cr3t-path");
  expect(session.job.log.lines.at(-1)).toBe("> testing 4711 ***");
  session.job.log.write(`> ${step.outputs.get("json")}`);
  expect(session.job.log.lines.at(-1)).toBe("> ***");
});

test("what an unmasked value refers to stays hidden, chosen or not", async () => {
  const session = await startSession({
    variables: { PASSWORD: "db-s3cr3t", URL: "db://app:${PASSWORD}@host" },
  });
  const step = session.step({ variables: "URL", unmasked: "URL", "resolve-references": "true" });
  expect(await step.main()).toBe(0);
  session.job.log.write("> db://app:db-s3cr3t@host");
  expect(session.job.log.lines.at(-1)).toBe("> db://app:***@host");
  expect(messages(session, "warning")).toEqual([
    expect.stringMatching(/^URL: not masked, but the value contains/),
  ]);
});

test("everything is masked by default, and masks of ordinary text get one notice", async () => {
  const session = await startSession({ variables: { DEBUG: "true", MODE: "test", TOKEN: "s3cr3t-value" } });
  expect(await session.step().main()).toBe(0);
  session.job.log.write("> true test s3cr3t-value");
  expect(session.job.log.lines.at(-1)).toBe("> *** *** ***");
  expect(messages(session, "notice")).toEqual([
    expect.stringMatching(/^DEBUG, MODE: .*add this line: unmasked: DEBUG, MODE$/),
  ]);
});
