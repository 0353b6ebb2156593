import { spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { keepSecrets, newKeptKey, readKeptSecrets } from "../../src/masks/store.ts";
import { startCliSession } from "../support/cli.ts";
import { startSession } from "../support/session.ts";

const secret = "p4ss/w0rd+of the database";
const variables = {
  DATABASE_PASSWORD: secret,
  SERVICE_KEY: "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG\n-----END KEY-----\n",
  SHORT: "abcd",
  PUBLIC: "https://example.test/app",
};

test("in every form and in every kind of file, by place, variable and form, and never the value", async () => {
  const session = await startSession({ variables });
  const { workspace, log } = session.job;
  const step = session.step({ unmasked: "PUBLIC", "env-file": ".env" });
  expect(await step.main()).toBe(0);
  await session.job.run(
    [
      "mkdir -p build .git logs",
      `printf 'first\\nthe password=%s\\n' "$DATABASE_PASSWORD" > build/config.js`,
      `printf %s "$DATABASE_PASSWORD" | base64 > build/encoded`,
      `printf %s "$DATABASE_PASSWORD" | od -An -tx1 | tr -d ' \\n' > logs/hex.log`,
      `printf '//registry/:_authToken=%s' "$SERVICE_KEY" > .npmrc`,
      `printf '[remote]\\n\\turl = https://x:p4ss%%2Fw0rd%%2Bof%%20the%%20database@example.test\\n' > .git/config`,
      `echo x > "logs/$(printf %s "$DATABASE_PASSWORD" | tr / _).txt"; echo "$SHORT $PUBLIC" > ordinary`,
      `{ head -c 3000000 /dev/zero; printf '\\n%s' "$DATABASE_PASSWORD"; } > build/large`,
    ].join("\n"),
  );
  expect(await step.post()).toBe(0);
  const found = log.annotations.map(({ level, message }) => `${level} ${message}`).sort();
  expect(found.slice(0, -1)).toEqual(
    [
      "notice Not masked, as requested: PUBLIC.",
      "warning Leak: .git/config:2:18 holds DATABASE_PASSWORD, percent-encoded.",
      "warning Leak: .npmrc:1:24 holds SERVICE_KEY, as it is.",
      "warning Leak: build/config.js:2:14 holds DATABASE_PASSWORD, as it is.",
      "warning Leak: build/encoded:1:1 holds DATABASE_PASSWORD, base64.",
      "warning Leak: build/large:2:1 holds DATABASE_PASSWORD, as it is.",
      "warning Leak: logs/hex.log:1:1 holds DATABASE_PASSWORD, hex.",
    ].sort(),
  );
  expect(found.at(-1)).toMatch(
    /^warning The leak check found DATABASE_PASSWORD, SERVICE_KEY in 6 places of the job's files\. /,
  );
  expect(log.raw.filter((line) => line.includes(secret) && !line.startsWith("::add-mask::"))).toEqual([]);
  expect(readFileSync(join(workspace, "ordinary"), "utf8")).toContain("abcd"); // found by nobody: too short, and unmasked
});

test("fail fails the job, once everything is cleaned up", async () => {
  const session = await startSession({ variables });
  const step = session.step({ "leak-check": "fail" });
  await step.main();
  await session.job.run('echo "$DATABASE_PASSWORD" > out.log');
  expect(await step.post()).toBe(1);
  const [, error] = session.job.log.annotations;
  expect(error).toMatchObject({ level: "error", title: "SecretStash: LEAK_FOUND" });
  expect(error?.message).toMatch(/^The leak check found DATABASE_PASSWORD in one place .* \[LEAK_FOUND\]\n/);
  expect(session.leftInTemp()).toEqual([]);
  expect(session.server.store.listKeys()).toHaveLength(2);
});

test("off searches nothing; and files from before, links, and the env file are not searched", async () => {
  const session = await startSession({ variables });
  const { workspace, log } = session.job;
  writeFileSync(join(workspace, "before"), secret);
  const outside = join(workspace, "..", "outside");
  writeFileSync(outside, secret);
  await new Promise((soon) => setTimeout(soon, 50));
  const step = session.step({ "env-file": ".env" });
  await step.main();
  symlinkSync(outside, join(workspace, "link"));
  await step.post();
  expect(log.annotations).toEqual([]);

  const off = session.step({ "leak-check": "off" });
  await off.main();
  await session.job.run('echo "$DATABASE_PASSWORD" > out.log');
  await off.post();
  expect(log.annotations).toEqual([]);
});

test("a file that is unpacked with an old date is searched as well", async () => {
  const session = await startSession({ variables });
  const step = session.step();
  await step.main();
  const path = join(session.job.workspace, "unpacked");
  writeFileSync(path, secret);
  utimesSync(path, 0, 0);
  await step.post();
  expect(session.job.log.annotations[0]?.message).toBe(
    "Leak: unpacked:1:1 holds DATABASE_PASSWORD, as it is.",
  );
});

test("if leaks are to fail the job, a check that could not run fails it", async () => {
  const session = await startSession({ variables });
  const step = session.step({ "leak-check": "fail" });
  await step.main();
  await session.job.run('rm -r "$SECRET_STASH_KEY_DIR"');
  expect(await step.post()).toBe(1);
  expect(session.job.log.annotations).toMatchObject([{ level: "error" }]);
  expect(session.job.log.annotations[0]?.message).toMatch(
    /^The leak check could not run, .*\[LEAK_FOUND\]\n/,
  );
  expect(session.server.store.listKeys()).toHaveLength(2);
});

test("the first and last line of a key, which every key has, are not a finding", async () => {
  const session = await startSession({ variables });
  const step = session.step();
  await step.main();
  const other = "-----BEGIN KEY-----\nanother key\n-----END KEY-----\n";
  writeFileSync(join(session.job.workspace, "other.pem"), other);
  await step.post();
  expect(session.job.log.annotations).toEqual([]);
});

test("a missing key directory is reported, and the rest is cleaned up", async () => {
  const session = await startSession({ variables });
  const step = session.step();
  await step.main();
  await session.job.run('rm -r "$SECRET_STASH_KEY_DIR"');
  expect(await step.post()).toBe(0);
  expect(session.job.log.annotations).toEqual([]);
  expect(session.job.log.lines.join("\n")).toContain(
    "The leak check could not run, because the key directory",
  );
  expect(session.server.store.listKeys()).toHaveLength(2);
});

test("on disk, the values cannot be read without the key, and they are in no state", async () => {
  const session = await startSession({ variables });
  const step = session.step();
  await step.main();
  const found = spawnSync("grep", ["-rlF", secret, session.job.temp], { encoding: "utf8" });
  expect(found.stdout).toBe("");
  expect(JSON.stringify([...step.state])).not.toContain(secret);
  // Nothing that later steps can read opens what is kept.
  const [left = ""] = session.leftInTemp();
  expect(() => readKeptSecrets(join(session.job.temp, left))).toThrow(
    "The masks of this session cannot be read",
  );
  // Control: the key opens it.
  writeFileSync(join(session.job.workspace, "out"), secret);
  await step.post();
  expect(session.job.log.annotations[0]?.message).toContain("Leak: out:1:1");
});

test("kept values that are cut off after a whole line are not taken for all there are", async () => {
  const folder = mkdtempSync(join(tmpdir(), "kept-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const key = newKeptKey();
  await keepSecrets(folder, [{ name: "A", value: "one" }], key);
  expect(readKeptSecrets(folder, { key })).toEqual([{ name: "A", value: "one" }]);
  const file = join(folder, "secrets.jsonl");
  writeFileSync(file, readFileSync(file, "utf8").split("\n")[0] ?? "");
  expect(() => readKeptSecrets(folder, { key })).toThrow("The masks of this session cannot be read");
});

test("a workspace behind a link is searched like any other, and its env file is exempt", async () => {
  for (const isLeaked of [false, true]) {
    const session = await startSession({ variables });
    const link = join(session.job.temp, "..", "link");
    symlinkSync(session.job.workspace, link);
    const inputs = { "leak-check": "fail", "env-file": ".env" };
    const step = session.step(inputs, { GITHUB_WORKSPACE: link });
    expect(await step.main()).toBe(0);
    if (isLeaked) writeFileSync(join(session.job.workspace, "out.log"), secret);
    expect(await step.post()).toBe(isLeaked ? 1 : 0);
  }
});

test("a path that cannot be searched does not pass if leaks are to fail the job", async () => {
  const session = await startCliSession({ variables });
  const { stdout } = await session.run(["pull"]);
  const environment = { SECRET_STASH_SESSION_DIR: stdout.trim().replace(/\/variables\.sh$/, "") };
  const { code, stderr } = await session.run(["leak-check", "absent"], { environment });
  expect(code).toBe(4);
  expect(stderr).toContain("The leak check could not search ");
  await session.run(["clean-up"], { environment });
});

test("exec searches before it ends", async () => {
  const session = await startCliSession({ variables });
  const plain = await session.run([
    "exec",
    "--leak-check",
    "fail",
    "--",
    "sh",
    "-c",
    'echo "$DATABASE_PASSWORD" > found.txt',
  ]);
  expect(plain.code).toBe(4);
  expect(plain.stderr).toContain("Leak: found.txt:1:1 holds DATABASE_PASSWORD, as it is.");
  expect(plain.stderr).not.toContain(secret);
  expect(session.left()).toEqual([]);
});

test("leak-check PATH searches that path, and masks a name that contains a value", async () => {
  const session = await startCliSession({ variables: { NAME: "s3cret-name-of-a-file", ...variables } });
  const { stdout } = await session.run(["pull"]);
  const directory = stdout.trim().replace(/\/variables\.sh$/, "");
  const folder = join(session.job.workspace, "artifacts");
  mkdirSync(folder);
  const check = (...paths: string[]) =>
    session.run(["leak-check", ...paths], { environment: { SECRET_STASH_SESSION_DIR: directory } });
  expect(await check("artifacts")).toEqual({
    code: 0,
    stdout: "",
    stderr: expect.stringMatching(
      /^SecretStash: The leak check found no pulled value in \d+ files? that changed since the pull\..*\n$/,
    ),
  });
  writeFileSync(join(folder, "dump-s3cret-name-of-a-file.sql"), secret);
  const { code, stderr } = await check("artifacts");
  expect(code).toBe(4);
  expect(stderr).toContain("Leak: the name of artifacts/dump-***.sql holds NAME, as it is.");
  expect(stderr).toContain("Leak: artifacts/dump-***.sql:1:1 holds DATABASE_PASSWORD, as it is.");
  expect(stderr).not.toContain("s3cret");
  await session.run(["clean-up"], { environment: { SECRET_STASH_SESSION_DIR: directory } });
});

test("the files of a failing command are searched, too, and it keeps its exit code", async () => {
  const session = await startSession({ variables });
  const run = 'printf %s "$DATABASE_PASSWORD" > out.log; exit 3';
  expect(await session.step({ run, "leak-check": "fail" }).main()).toBe(3);
  const messages = session.job.log.annotations.map(({ message }) => message);
  expect(messages[0]).toContain("Leak: out.log:1:1");
  expect(messages.at(-1)).toContain("[COMMAND_FAILED]");
});

test.each([
  ["all of it", 'rm -r "$SECRET_STASH_KEY_DIR"'],
  ["a part of it", 'rm "$SECRET_STASH_KEY_DIR/secrets.jsonl"'],
])("a command that deletes its key directory, %s, is no failure where leaks are none", async (_, run) => {
  const session = await startSession({ variables });
  expect(await session.step({ run }).main()).toBe(0);
  expect(session.job.log.lines.join("\n")).toContain(
    "The leak check could not run, because the key directory",
  );
  expect(session.leftInTemp()).toEqual([]);
});

test("the files of a cancelled command are searched, too", async () => {
  const session = await startCliSession({ variables });
  const script = 'printf %s "$DATABASE_PASSWORD" > out.log; echo written; sleep 30';
  const { code, stderr } = await session.run(["exec", "--leak-check", "fail", "--", "sh", "-c", script], {
    onStart: (child) => child.stdout?.once("data", () => child.kill("SIGTERM")),
  });
  expect({ code, stderr }).toEqual({ code: 4, stderr: expect.stringContaining("[LEAK_FOUND]") });
  expect(stderr).toContain("Leak: out.log:1:1");
  expect(session.left()).toEqual([]);
});

test("leak-check believes a changed list of what to leave out only if it is not told the token", async () => {
  const session = await startCliSession({ variables });
  const { stdout } = await session.run(["pull"]);
  const directory = stdout.trim().replace(/\/variables\.sh$/, "");
  const { workspace } = session.job;
  writeFileSync(join(workspace, "token"), session.inputs["api-token"] ?? "");
  writeFileSync(join(workspace, "dump.sql"), secret);
  const environment = { SECRET_STASH_SESSION_DIR: directory, SECRET_STASH_API_TOKEN: "" };
  const check = (...flags: string[]) => session.run(["leak-check", ...flags, "dump.sql"], { environment });
  expect((await check("--api-token-file", "token")).code).toBe(4);
  const state = join(directory, "undo.json");
  const undo = JSON.parse(readFileSync(state, "utf8"));
  undo.startedAt = Date.now() + 3_600_000; // so that no file has changed since
  writeFileSync(state, JSON.stringify(undo));
  expect((await check()).code).toBe(0); // docs/threat-model.md
  const { code, stderr } = await check("--api-token-file", "token");
  expect(code).not.toBe(0);
  expect(stderr).toContain("is not one that main saved with this api-token");
  expect(stderr).toContain("[STATE_FAILED]");
});
