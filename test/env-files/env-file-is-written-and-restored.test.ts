import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { parse } from "dotenv";
import { expect, test } from "vitest";
import { failingMain, type Session, startSession } from "../support/session.ts";

const variables = { API_KEY: "plain-secret-value", PEM: "line one\nline two\n", QUOTE: "it's" };
const path = (session: Session, name = ".env") => join(session.job.workspace, name);

test("a new file is private, holds every value, and is gone at the end", async () => {
  const session = await startSession({ variables });
  const step = session.step({ "env-file": ".env" });
  expect(await step.main()).toBe(0);
  expect(step.outputs.get("env-file")).toBe(path(session));
  expect(parse(readFileSync(path(session)))).toEqual(variables);
  expect(statSync(path(session)).mode & 0o777).toBe(0o600);
  expect(readdirSync(session.job.workspace)).toEqual([".env"]);
  expect(await step.post()).toBe(0);
  expect(readdirSync(session.job.workspace)).toEqual([]);
});

test("a file that is there is merged into, and restored to the byte and mode", async () => {
  const session = await startSession({ variables });
  const before = "# mine\r\nAPI_KEY=old # why\r\nOTHER='stays'\r\n";
  writeFileSync(path(session), before);
  chmodSync(path(session), 0o640);
  const step = session.step({ "env-file": ".env" });
  expect(await step.main()).toBe(0);
  expect(readFileSync(path(session), "utf8")).toBe(
    "# mine\r\nAPI_KEY='plain-secret-value' # why\r\nOTHER='stays'\r\nPEM=\"line one\nline two\n\"\r\nQUOTE=\"it's\"\r\n",
  );
  expect(statSync(path(session)).mode & 0o777).toBe(0o600);
  expect(await step.post()).toBe(0);
  expect(readFileSync(path(session), "utf8")).toBe(before);
  expect(statSync(path(session)).mode & 0o777).toBe(0o640);
});

test("keep-env-file leaves it as written", async () => {
  const session = await startSession({ variables });
  const step = session.step({ "env-file": ".env", "keep-env-file": "true" });
  await step.main();
  expect(await step.post()).toBe(0);
  expect(parse(readFileSync(path(session)))).toEqual(variables);
  expect(session.leftInTemp()).toEqual([]);
});

test("an absolute path may lie outside the workspace", async () => {
  const session = await startSession({ variables });
  const file = join(session.job.workspace, "../app.env");
  const step = session.step({ "env-file": file });
  expect(await step.main()).toBe(0);
  expect(parse(readFileSync(file))).toEqual(variables);
  await step.post();
  expect(existsSync(file)).toBe(false);
});

test.each<[string, string, (session: Session) => void, RegExp]>([
  [
    "a path that leaves the workspace",
    "../.env",
    () => {},
    /^env-file \.\.\/\.env is refused: it is outside the workspace\./,
  ],
  [
    "a path that leaves it through a link",
    "link/.env",
    ({ job }) => symlinkSync(job.temp, join(job.workspace, "link")),
    /it is outside the workspace\./,
  ],
  ["a link", ".env", ({ job }) => symlinkSync("/etc/hostname", join(job.workspace, ".env")), /it is a link/],
  ["a directory", ".env", ({ job }) => mkdirSync(join(job.workspace, ".env")), /it exists and is not a file/],
  ["a directory that is missing", "missing/.env", () => {}, /its directory cannot be read \(ENOENT\)/],
  [
    "a file that is not UTF-8",
    ".env",
    ({ job }) => writeFileSync(join(job.workspace, ".env"), Buffer.from([0x41, 0x3d, 0xff])),
    /is not UTF-8 text/,
  ],
])("%s is refused before anything is exported", async (_, envFile, prepare, expected) => {
  const session = await startSession({ variables });
  prepare(session);
  const message = await failingMain(session, { "env-file": envFile });
  expect(message).toMatch(expected);
  expect(message).toMatch(/Nothing was exported\. \[ENV_FILE_REFUSED\]\n/);
});

test("a value that some reader could not read is refused by name before anything is exported", async () => {
  const session = await startSession({ variables: { FINE: "fine value", CRLF: "a\r\nb" } });
  expect(await failingMain(session, { "env-file": ".env" })).toMatch(
    /- CRLF: contains a carriage return, which npm's dotenv.*\[VALUES_REFUSED\]\n/s,
  );
  expect(readdirSync(session.job.workspace)).toEqual([]);
});

test("a link put in its place meanwhile is removed, and its target is not touched", async () => {
  const session = await startSession({ variables });
  const target = join(session.job.workspace, "../target");
  writeFileSync(target, "not ours");
  const step = session.step({ "env-file": ".env" });
  await step.main();
  await session.job.run(`ln -sf ${target} .env`);
  expect(await step.post()).toBe(0);
  expect(readFileSync(target, "utf8")).toBe("not ours");
  expect(readdirSync(session.job.workspace)).toEqual([]);
});

test("a step that deletes the key directory loses what stood there before, but not our values into the open", async () => {
  const session = await startSession({ variables });
  writeFileSync(path(session), "MINE=1\n");
  const step = session.step({ "env-file": ".env" });
  await step.main();
  await session.job.run(`rm -rf "$SECRET_STASH_KEY_DIR"; sed -i s/MINE=1/MINE=2/ .env`);
  expect(await step.post()).toBe(0);
  expect(readdirSync(session.job.workspace)).toEqual([]);
  expect(session.job.log.annotations.at(-1)?.message).toMatch(
    /\.env held values and was deleted\. Its earlier content is lost/,
  );
});

test("one that cannot be restored keeps what stood there before, and says where", async () => {
  const session = await startSession({ variables });
  writeFileSync(path(session), "MINE=1\n");
  const step = session.step({ "env-file": ".env" });
  await step.main();
  await session.job.run("rm .env; mkdir -p .env/full");
  expect(await step.post()).toBe(0);
  const { message = "" } = session.job.log.annotations.at(-1) ?? {};
  expect(message).toMatch(
    /the env file .*\.env could not be removed \(\w+\)\. Its earlier content is in .*env-file-1\.backup\./,
  );
  const [keyDirectory = ""] = session.leftInTemp();
  expect(readdirSync(join(session.job.temp, keyDirectory))).toEqual(["env-file-1.backup"]);
});
