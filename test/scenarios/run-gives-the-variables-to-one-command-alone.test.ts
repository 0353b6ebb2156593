import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { endpoints, startSession } from "./session.ts";

const variables = { API_KEY: "plain-secret-value" };

test("the command sees them, the job does not, the log shows none, and the key is gone when it ends", async () => {
  const session = await startSession({ variables });
  const run =
    'echo "key: $API_KEY"\necho "$API_KEY" >> seen\nls "$SECRET_STASH_KEY_DIR" >> seen; env | grep -c "^INPUT_" >> seen || true';
  const step = session.step({ run });
  expect(await step.main()).toBe(0);
  expect(session.job.environment.size).toBe(0);
  expect(session.job.log.lines).toContain("key: ***");
  expect(readFileSync(join(session.job.workspace, "seen"), "utf8")).toBe(
    "plain-secret-value\ndevice.json\ndevice_private_key.pem\nrun\nrun.pid\n0\n",
  );
  expect(session.leftInTemp()).toEqual([]);
  expect(endpoints(session).at(-1)).toBe("DELETE /api/user/keys/ID");
  expect(await step.post()).toBe(0);
  expect(session.job.log.lines.at(-1)).toBe("SecretStash: nothing to clean up.");
});

test("export-env: true, said outright, exports as well", async () => {
  const session = await startSession({ variables });
  expect(await session.step({ run: "true", "export-env": "true" }).main()).toBe(0);
  expect(session.job.environment.get("API_KEY")).toBe("plain-secret-value");
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
    `The command in run ended with exit code ${code}. Its output is above. [COMMAND_FAILED]`,
  );
  expect(session.leftInTemp()).toEqual([]);
  expect(session.server.store.listKeys()).toHaveLength(2);
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

test("a shell that is not there says so", async () => {
  const session = await startSession({ variables });
  expect(await session.step({ run: "true", "working-directory": "missing" }).main()).toBe(1);
  expect(session.job.log.annotations.at(-1)?.message).toMatch(
    /could not be started\. .*check shell and working-directory\. \[COMMAND_FAILED\]$/,
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

test("an env file is there for the command, and taken back after it", async () => {
  const session = await startSession({ variables });
  writeFileSync(join(session.job.workspace, ".env"), "MINE=1\n");
  expect(await session.step({ run: "cp .env copy", "env-file": ".env" }).main()).toBe(0);
  expect(readFileSync(join(session.job.workspace, "copy"), "utf8")).toBe(
    "MINE=1\nAPI_KEY='plain-secret-value'\n",
  );
  expect(readFileSync(join(session.job.workspace, ".env"), "utf8")).toBe("MINE=1\n");
});
