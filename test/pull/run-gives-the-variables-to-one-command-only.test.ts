import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { endpoints, startSession } from "../support/session.ts";

const variables = { API_KEY: "plain-secret-value" };

test("the command sees them, the job does not, the log shows none, and the key is gone at the end", async () => {
  const session = await startSession({ variables });
  const run =
    'echo "key: $API_KEY"\necho "$API_KEY" >> seen\nls "$SECRET_STASH_KEY_DIR" >> seen; env | grep -c "^INPUT_" >> seen || true';
  const step = session.step({ run });
  expect(await step.main()).toBe(0);
  expect(session.job.environment.size).toBe(0);
  expect(session.job.log.lines).toContain("key: ***");
  expect(readFileSync(join(session.job.workspace, "seen"), "utf8")).toBe(
    "plain-secret-value\ndevice.json\ndevice_private_key.pem\nrun\nsecrets.jsonl\nsession.json\n0\n",
  );
  expect(step.outputs.has("key-dir")).toBe(false);
  expect(session.leftInTemp()).toEqual([]);
  expect(endpoints(session).at(-1)).toBe("DELETE /api/user/keys/ID");
  expect(await step.post()).toBe(0);
  expect(session.job.log.lines.at(-1)).toBe("SecretStash: nothing to clean up.");
});

test("export-env: true, set explicitly, exports as well", async () => {
  const session = await startSession({ variables });
  expect(await session.step({ run: "true", "export-env": "true" }).main()).toBe(0);
  expect([...session.job.environment.keys()]).toEqual(["API_KEY"]); // no key directory, which is gone
});

test("the step's own token and grant key are not in its environment", async () => {
  const session = await startSession({ variables });
  const { "api-token": token = "", "grant-key": key = "", ...others } = session.inputs;
  const environment = { SECRET_STASH_API_TOKEN: token, SECRET_STASH_GRANT_KEY: key, MINE: "mine" };
  expect(await session.job.uses({ ...others, run: "env > seen" }, environment).main()).toBe(0);
  const seen = readFileSync(join(session.job.workspace, "seen"), "utf8");
  expect(seen).toContain("MINE=mine");
  expect(seen).not.toContain(token);
  expect(seen).not.toContain("PRIVATE KEY");
});

test("a command that reads standard input finds it empty, and output without a final newline loses nothing", async () => {
  const session = await startSession({ variables });
  expect(await session.step({ run: "cat; printf 'no newline'" }).main()).toBe(0);
  expect(session.job.log.lines.slice(-2)).toEqual(["no newline", "SecretStash: the temporary key is gone."]);
});

test("a command that ends before this process runs again is not an error", async () => {
  const hook = pathToFileURL(join(import.meta.dirname, "../runner/slow-spawn.mjs")).href;
  const session = await startSession({ variables });
  const step = session.step({ run: "true" }, { NODE_OPTIONS: `--import=${hook}` });
  expect(await step.main()).toBe(0);
  expect(session.leftInTemp()).toEqual([]);
});

test("processes that it leaves in the background are not waited for", async () => {
  const session = await startSession({ variables });
  const step = session.step({ run: "sleep 600 & echo $! > pid" });
  expect(await step.main()).toBe(0);
  expect(session.leftInTemp()).toEqual([]);
  process.kill(Number(readFileSync(join(session.job.workspace, "pid"), "utf8")));
});

test("variables with which no process can be started are named instead", async () => {
  const session = await startSession({ variables: { HUGE: "x".repeat(200_000) } });
  expect(await session.step({ run: "true" }).main()).toBe(1);
  expect(session.job.log.annotations.at(-1)?.message).toMatch(
    /cannot be started\. HUGE: larger than 128 KiB, .*\[COMMAND_FAILED\]\n/,
  );
  expect(session.leftInTemp()).toEqual([]);
});

test.each([
  ["an exit code", "exit 42", 42],
  ["the first failure, as bash -eo pipefail has it", "false | true\necho not reached", 1],
  ["a signal", "kill -9 $$", 137],
  ["an unset command", "no-such-command", 127],
])("%s is the step's own", async (_, run, code) => {
  const session = await startSession({ variables });
  const step = session.step({ run });
  expect(await step.main()).toBe(code);
  expect(session.job.log.lines).not.toContain("not reached");
  expect(session.job.log.annotations.at(-1)?.message).toBe(
    `The command in run ended with exit code ${code}. Its output is above. [COMMAND_FAILED]\nhttps://github.com/org/secret-stash-action/blob/v1/docs/errors.md#command_failed`,
  );
  expect(session.leftInTemp()).toEqual([]);
  expect(session.server.store.listKeys()).toHaveLength(2);
});

const hasPython = spawnSync("python", ["--version"]).status === 0;

test.skipIf(!hasPython)("shell: python (apt-get install python-is-python3 where it is missing)", async () => {
  const session = await startSession({ variables });
  expect(
    await session.step({ run: "import os\nprint('python:', os.environ['API_KEY'])", shell: "python" }).main(),
  ).toBe(0);
  expect(session.job.log.lines).toContain("python: ***");
});

test("shell and working-directory", async () => {
  const session = await startSession({ variables });
  await session.job.run("mkdir sub");
  expect(
    await session
      .step({
        run: "pwd > where; echo ${BASH_VERSION:-sh} >> where",
        shell: "sh",
        "working-directory": "sub",
      })
      .main(),
  ).toBe(0);
  expect(readFileSync(join(session.job.workspace, "sub/where"), "utf8")).toMatch(/\/work\/sub\nsh\n$/);
  const custom = session.step({
    run: "process.stdout.write('node: ' + process.env.API_KEY + '\\n')",
    shell: "node {0}",
  });
  expect(await custom.main()).toBe(0);
  expect(session.job.log.lines).toContain("node: ***");
});

test("a missing shell is reported", async () => {
  const session = await startSession({ variables });
  expect(await session.step({ run: "true", "working-directory": "missing" }).main()).toBe(1);
  expect(session.job.log.annotations.at(-1)?.message).toMatch(
    /cannot be started\. .*Check shell and working-directory\. \[COMMAND_FAILED\]\n/,
  );
  expect(session.leftInTemp()).toEqual([]);
});

test.each(["SIGINT", "SIGTERM"] as const)(
  "%s reaches the command, which decides, and clean-up follows",
  async (signal) => {
    const session = await startSession({ variables });
    const run = 'trap "echo got it; exit 7" INT TERM\ntouch started\nwhile :; do sleep 0.1; done';
    const code = await session.step({ run }).main(async (child) => {
      while (!readdirSync(session.job.workspace).includes("started")) await sleep(20);
      child.kill(signal);
    });
    expect(code).toBe(7);
    expect(session.job.log.lines).toContain("got it");
    expect(session.leftInTemp()).toEqual([]);
  },
);

test("an env file exists for the command, and is restored afterwards", async () => {
  const session = await startSession({ variables });
  writeFileSync(join(session.job.workspace, ".env"), "MINE=1\n");
  expect(await session.step({ run: "cp .env copy", "env-file": ".env" }).main()).toBe(0);
  expect(readFileSync(join(session.job.workspace, "copy"), "utf8")).toBe(
    "MINE=1\nAPI_KEY='plain-secret-value'\n",
  );
  expect(readFileSync(join(session.job.workspace, ".env"), "utf8")).toBe("MINE=1\n");
});
