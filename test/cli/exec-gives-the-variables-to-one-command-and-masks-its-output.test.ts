import type { ChildProcess } from "node:child_process";
import { expect, test } from "vitest";
import { startCliSession } from "../support/cli.ts";

const API_KEY = "plain-secret-value";

test("the command has the variables, its two streams are masked, and its exit code is kept", async () => {
  const { run, left, server } = await startCliSession();
  const script = 'echo "out $API_KEY"; echo "err $API_KEY" >&2; printf %s "$API_KEY" | base64; exit 42';
  const { code, stdout, stderr } = await run(["exec", "--", "sh", "-c", script]);
  expect(code).toBe(42);
  expect(stdout).toBe("out ***\n***\n"); // nothing of ours
  expect(stderr).toContain("err ***\n");
  expect(left()).toEqual([]);
  expect(server.store.listKeys().filter(({ expires_at }) => expires_at !== null)).toEqual([]);
});

test("standard input is the command's, bytes pass unharmed, and a split secret is found", async () => {
  const { run } = await startCliSession();
  const input = Buffer.from([0, 1, 0xff, 0xfe, 0x0a]);
  expect((await run(["exec", "--", "od", "-An", "-tx1"], { input })).stdout.trim()).toBe("00 01 ff fe 0a");
  const split = "printf plain-; sleep 0.1; printf secret-value; printf ' end'";
  expect((await run(["exec", "--", "sh", "-c", split])).stdout).toBe("*** end");
});

test("the token and the grant key are not in its environment", async () => {
  const { run } = await startCliSession();
  const { stdout } = await run(["exec", "--", "env"]);
  expect(stdout).not.toMatch(/API_TOKEN|GRANT_KEY/);
  expect(stdout).toContain("API_KEY=***");
});

test("a signal reaches the whole group, and the exit code shows it", async () => {
  const { run, left } = await startCliSession();
  const script = "trap 'echo told; exit 9' TERM; sleep 30 & echo started; wait; echo reached";
  const { code, stdout } = await run(["exec", "--", "sh", "-c", script], {
    onStart: (child) => child.stdout?.once("data", () => child.kill("SIGTERM")),
  });
  expect(stdout).toBe("started\ntold\n");
  expect(code).toBe(9);
  expect(left()).toEqual([]);

  const untrapped = await run(["exec", "--", "sh", "-c", "echo started; sleep 30"], {
    onStart: (child) => child.stdout?.once("data", () => child.kill("SIGTERM")),
  });
  expect(untrapped.code).toBe(143);
  expect(left()).toEqual([]);
});

test("a signal while the variables are pulled leaves nothing, and no command runs", async () => {
  let child: ChildProcess | undefined;
  const { run, left, server } = await startCliSession({
    served: ({ method, url }) => {
      if (method === "POST" && url.endsWith("/keys")) child?.kill("SIGTERM"); // registered, and never answered
    },
  });
  const { code, stdout, stderr } = await run(["exec", "--", "echo", "reached"], {
    onStart: (started) => {
      child = started;
    },
  });
  expect(code).toBe(143);
  expect(stdout).toBe("");
  expect(stderr).toContain("cancelled");
  expect(left()).toEqual([]);
  expect(server.store.listKeys().filter(({ expires_at }) => expires_at !== null)).toEqual([]);
});

test("a command that cannot be started ends as in a shell, and everything is cleaned up", async () => {
  const { run, left } = await startCliSession();
  expect(await run(["exec", "--", "/etc/passwd/foo"])).toMatchObject({ code: 126 });
  expect(await run(["exec", "--", ""])).toMatchObject({ code: 127 });
  const { code, stderr } = await run(["exec", "--", "no-such-command"]);
  expect(code).toBe(127);
  expect(stderr).toContain(
    "The command cannot be started (ENOENT). Check its name, PATH and its permissions. [COMMAND_FAILED]",
  );
  expect(left()).toEqual([]);
});

test("processes that it leaves in the background are not waited for", async () => {
  const { run } = await startCliSession();
  const { code, stdout } = await run(["exec", "--", "sh", "-c", "sleep 20 & echo done"]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: "done\n" });
});

test("a slow reader gets all of it", async () => {
  const { run } = await startCliSession();
  const script =
    "i=0; while [ $i -lt 20000 ]; do echo line-$i-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; i=$((i+1)); done";
  const { stdout } = await run(["exec", "--", "sh", "-c", script], {
    onStart: ({ stdout }) => {
      stdout?.once("data", () => {
        stdout.pause();
        setTimeout(() => stdout.resume(), 2000);
      });
    },
  });
  expect(stdout.trimEnd().split("\n")).toHaveLength(20_000);
});

test("negative control: what is unmasked shows", async () => {
  const { run } = await startCliSession();
  const { stdout } = await run(["exec", "--unmasked", "API_KEY", "--", "sh", "-c", "echo $API_KEY"]);
  expect(stdout).toBe(`${API_KEY}\n`);
});
