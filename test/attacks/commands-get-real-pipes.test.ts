import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { startCliSession } from "../support/cli.ts";
import { startSession } from "../support/session.ts";

// Attack 9: Node gives commands sockets, which Linux does not open by name.

const script =
  'echo one | tee /dev/stderr; echo two >/dev/stdout; echo three >/dev/stderr; echo "$API_KEY" >/dev/stdout';

test("run", async () => {
  const session = await startSession();
  expect(await session.step({ run: script }).main()).toBe(0);
  const { lines } = session.job.log;
  expect(lines.filter((line) => line === "one")).toHaveLength(2);
  expect(lines).toEqual(expect.arrayContaining(["two", "three", "***"]));
});

test("exec", async () => {
  const { run } = await startCliSession();
  const { code, stdout, stderr } = await run(["exec", "--", "bash", "-c", script]);
  expect(code).toBe(0);
  expect(stdout).toBe("one\ntwo\n***\n");
  expect(stderr).toContain("one\nthree\n");
});

test("a signal that comes while the pipes are made ends it before the command starts", async () => {
  const { run, job, left } = await startCliSession();
  const folder = join(job.temp, "slow");
  mkdirSync(folder);
  const making = join(folder, "making");
  writeFileSync(
    join(folder, "mkfifo"),
    `#!/bin/sh\ntouch ${making}\nwhile [ -e ${making} ]; do sleep 0.05; done\nexec /usr/bin/mkfifo "$@"\n`,
  );
  chmodSync(join(folder, "mkfifo"), 0o755);
  const environment = { PATH: `${folder}:${process.env.PATH}` };
  const { code } = await run(["exec", "--", "touch", "started"], {
    environment,
    onStart: async (child) => {
      while (!existsSync(making)) await sleep(20);
      child.kill("SIGTERM");
      await sleep(200);
      rmSync(making);
    },
  });
  expect(code).toBe(143);
  expect(existsSync(join(job.workspace, "started"))).toBe(false);
  expect(left()).toEqual([]);
});

test("exec without credentials, where nothing is pulled", async () => {
  const { run, left } = await startCliSession();
  const environment = { SECRET_STASH_API_TOKEN: "", SECRET_STASH_ON_MISSING_CREDENTIALS: "skip" };
  const { code, stdout } = await run(["exec", "--", "bash", "-c", "echo x >/dev/stdout"], { environment });
  expect({ code, stdout }).toEqual({ code: 0, stdout: "x\n" });
  expect(left()).toEqual([]);
});
