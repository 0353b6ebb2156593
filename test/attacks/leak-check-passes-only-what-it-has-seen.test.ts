import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { scanFiles } from "../../src/leaks/scan.ts";
import { prepareSearch } from "../../src/leaks/search.ts";
import { startCliSession } from "../support/cli.ts";
import { type Session, startSession } from "../support/session.ts";

// Attack 17: ways to leave values in files, or to keep the leak check from its work, without a word.

const variables = { API_KEY: "plain-secret-value" };

test.each([
  [
    "in the workspace",
    "mkdir shared; mv .env shared/; ln -s shared/.env .env",
    /Leak: shared\/\.env:1:\d+ holds API_KEY/,
  ],
  [
    "outside of it",
    'mv .env "$RUNNER_TEMP/kept.env"; ln -s "$RUNNER_TEMP/kept.env" .env',
    /Leak: .*kept\.env:1:\d+ holds API_KEY/,
  ],
])("an env file that became a link: its target, %s, is searched", async (_, script, found) => {
  const session = await startSession({ variables });
  const step = session.step({ "env-file": ".env", "leak-check": "fail" });
  expect(await step.main()).toBe(0);
  await session.job.run(script);
  expect(await step.post()).toBe(1);
  expect(messages(session)).toEqual(expect.arrayContaining([expect.stringMatching(found)]));
});

test("control: an env file that is still there is meant to hold values", async () => {
  const session = await startSession({ variables });
  const step = session.step({ "env-file": ".env", "leak-check": "fail" });
  expect(await step.main()).toBe(0);
  await session.job.run("sed -i s/x/x/ .env"); // another file of the same name
  expect(await step.post()).toBe(0);
  expect(messages(session)).toEqual([]);
});

test.each([
  ["an empty list", `echo '{"count":0}'`],
  ["the first line alone", 'head -n 1 "$SECRET_STASH_KEY_DIR/secrets.jsonl"'],
])("kept values that a step replaced with %s", async (_, command) => {
  const session = await startSession({ variables });
  const step = session.step({ "leak-check": "fail" });
  expect(await step.main()).toBe(0);
  await session.job.run(
    `echo "$API_KEY" > leak; ${command} > forged; cat forged > "$SECRET_STASH_KEY_DIR/secrets.jsonl"`,
  );
  expect(await step.post()).toBe(1);
  expect(messages(session).at(-1)).toMatch(/^The leak check could not run, .* \[LEAK_FOUND\]\n/);
});

test("a folder in the place of the draft, with a copy in it, is searched and removed", async () => {
  const session = await startSession({ variables });
  const step = session.step({ "env-file": ".env", "leak-check": "fail" });
  expect(await step.main()).toBe(0);
  await session.job.run('d=.env.$(basename "$SECRET_STASH_KEY_DIR"); mkdir "$d"; cp .env "$d/copy"');
  expect(await step.post()).toBe(1);
  expect(messages(session)[0]).toMatch(/Leak: \.env\.secret-stash-tmp-\w+\/copy:1:\d+ holds API_KEY/);
  expect(readdirSync(session.job.workspace)).toEqual([]);
});

test("an env file that cannot be removed", async () => {
  const session = await startSession({ variables });
  const step = session.step({ "env-file": ".env", "leak-check": "fail" });
  expect(await step.main()).toBe(0);
  await session.job.run("mv .env kept; mkdir .env; mv kept .env/; sed -i s/./x/g .env/kept"); // the folder stays
  expect(await step.post()).toBe(1);
  expect(messages(session).at(-1)).toMatch(
    /^An env file, which holds values, could not be removed\. .* \[LEAK_FOUND\]\n/,
  );
});

test("a state that is not ours, or a session without one", async () => {
  const session = await startSession({ variables });
  const step = session.step({ "leak-check": "fail" });
  expect(await step.main()).toBe(0);
  step.state.set("undo", JSON.stringify({ isPulled: false }));
  expect(await step.post()).toBe(1);
  expect(messages(session).at(-1)).toMatch(
    /the list of what this session did is missing, or is not one that main saved/,
  );

  const cli = await startCliSession({ variables });
  for (const change of ["rm undo.json", "echo '{}' >undo.json", ": >undo.json"]) {
    expect((await cli.run(["pull"])).code).toBe(0);
    const [left = ""] = cli.left();
    const directory = join(cli.job.temp, "tmp", left);
    spawnSync("sh", ["-c", change], { cwd: directory });
    const { code, stderr } = await cli.run(["clean-up", "--leak-check", "fail", "--session-dir", directory]);
    expect({ change, code }).toEqual({ change, code: 4 });
    expect(stderr).toContain("[LEAK_FOUND]");
    expect(cli.left()).toEqual([]);
  }
});

test("a name that is not UTF-8 hides nothing, and what is gone by now is no finding", async () => {
  const session = await startSession({ variables });
  const step = session.step({ "leak-check": "fail" });
  await session.job.run("printf old > \"$(printf 'caf\\351')\"");
  expect(await step.main()).toBe(0);
  expect(await step.post()).toBe(0);
  const another = session.step({ "leak-check": "fail" });
  expect(await another.main()).toBe(0);
  await session.job.run('printf %s "$API_KEY" > "$(printf \'caf\\351\')"');
  expect(await another.post()).toBe(1);
  expect(messages(session)[0]).toMatch(/Leak: caf\S*:1:1 holds API_KEY/);
});

test("a key directory that a step deleted", async () => {
  const session = await startSession({ variables });
  const step = session.step({ "leak-check": "fail" });
  expect(await step.main()).toBe(0);
  await session.job.run('rm -rf "$SECRET_STASH_KEY_DIR"');
  expect(await step.post()).toBe(1);
  expect(messages(session).at(-1)).toMatch(/^The leak check could not run, .* \[LEAK_FOUND\]\n/);
});

test("a time in the future on session.json, and on the folder", async () => {
  const session = await startSession({ variables });
  const step = session.step({ "leak-check": "fail" });
  expect(await step.main()).toBe(0);
  const future = new Date(Date.now() + 60 * 60_000);
  const keyDirectory = step.outputs.get("key-dir") ?? "";
  for (const path of [join(keyDirectory, "session.json"), keyDirectory]) utimesSync(path, future, future);
  await session.job.run('echo "$API_KEY" > leak');
  expect(await step.post()).toBe(1);
  expect(messages(session)[0]).toContain("Leak: leak:1:1");
});

test("time that runs out: what was not reached is told", () => {
  const folder = process.cwd();
  const late = { changedSince: 0, exempt: new Set<string>(), endsAt: performance.now() - 1, maxHits: 50 };
  const search = () => prepareSearch([{ name: "A", value: "plain-secret-value" }]);
  expect(scanFiles([folder], search, late)).toMatchObject({ hits: [], skipped: [folder] });
});

test.skipIf(process.getuid?.() === 0 && !canBecomeNobody())("a folder that cannot be read", async () => {
  const session = await startCliSession({ variables });
  expect((await session.run(["pull"])).code).toBe(0);
  const [left = ""] = session.left();
  const environment = { SECRET_STASH_SESSION_DIR: join(session.job.temp, "tmp", left) };
  // A path that is not there is the same to the check, and root can read every folder.
  const { code, stderr } = await session.run(["leak-check", "absent"], { environment });
  expect(code).toBe(4);
  expect(stderr).toMatch(
    /The leak check could not search \S*absent, so it is unknown whether a value is in there/,
  );
  const closed = join(session.job.workspace, "closed");
  mkdirSync(closed);
  writeFileSync(join(closed, "file"), "x");
  chmodSync(closed, 0o000);
  if (process.getuid?.() !== 0) {
    const refused = await session.run(["leak-check"], { environment });
    expect(refused.stderr).toMatch(/could not search \S*closed/);
  }
  chmodSync(closed, 0o700);
});

function canBecomeNobody(): boolean {
  return process.platform !== "win32";
}

function messages({ job }: Session): string[] {
  return job.log.annotations.map(({ message }) => message);
}
