import { expect, test } from "vitest";
import { type Session, startSession } from "./session.ts";

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
  expect(messages(session, "notice")).toContain("Not masked, as asked: NODE_ENV, APP_URL.");
  expect(messages(session, "warning")).toEqual([
    "APP_URL: not masked, but holds the value of a masked variable; that part stays hidden.",
  ]);
  expect(session.job.log.raw.join("\n")).not.toMatch(/Not masked.*testing/);
});

test("min-mask-length lets short values show", async () => {
  const session = await startSession({ variables });
  expect(await session.step({ "min-mask-length": "5" }).main()).toBe(0);
  session.job.log.write("> 4711 in-s3cr3t-path");
  expect(session.job.log.lines.at(-1)).toBe("> 4711 ***");
  expect(messages(session, "notice")).toContain("Not masked, as asked: PIN.");
});

test("everything is masked by default, and masks of ordinary text get one notice", async () => {
  const session = await startSession({ variables: { DEBUG: "true", MODE: "test", TOKEN: "s3cr3t-value" } });
  expect(await session.step().main()).toBe(0);
  session.job.log.write("> true test s3cr3t-value");
  expect(session.job.log.lines.at(-1)).toBe("> *** *** ***");
  expect(messages(session, "notice")).toEqual([
    expect.stringMatching(/^DEBUG, MODE: .*add the name to unmasked\.$/),
  ]);
});
