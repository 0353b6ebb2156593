import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startCliSession } from "../support/cli.ts";
import { startSession } from "../support/session.ts";

// Attack 8: the command of `run` and `exec` reads the environment of its ancestors in /proc, and its own.

/** Copies the environments of the process and of its ancestors, up to the runner. */
const look = (file: string) =>
  `p=$$; while [ "$p" -gt 1 ]; do tr '\\0' '\\n' <"/proc/$p/environ" >>${file} 2>/dev/null; p=$(sed 's/.*) . //' "/proc/$p/stat" | cut -d' ' -f1); done`;

test.skipIf(!existsSync("/proc/self/environ"))("no ancestor of the command of run shows any", async () => {
  const session = await startSession();
  const { "api-token": token = "", "grant-key": key = "", ...inputs } = session.inputs;
  const step = session.job.uses(
    { ...inputs, run: `${look("seen")}; echo "state: \${GITHUB_STATE-none}"`, "grant-key": key },
    {
      SECRET_STASH_API_TOKEN: token,
      ACTIONS_RUNTIME_TOKEN: "runtime-token-of-the-runner",
      ACTIONS_RUNTIME_URL: "https://runtime.example.test",
      ACTIONS_CACHE_URL: "https://cache.example.test",
      ACTIONS_RESULTS_URL: "https://results.example.test",
      ACTIONS_ID_TOKEN_REQUEST_URL: "https://id.example.test", // run: steps get this one as well
    },
  );
  expect(await step.main()).toBe(0);
  const seen = readFileSync(join(session.job.workspace, "seen"), "utf8");
  expect(seen).toContain("PATH=");
  expect(seen).toContain("https://id.example.test");
  for (const secret of [
    token,
    "PRIVATE KEY",
    "runtime-token",
    "runtime.example",
    "cache.example",
    "results.example",
  ]) {
    expect(seen).not.toContain(secret);
  }
  expect(session.job.log.lines).toContain("state: none");
});

test.skipIf(!existsSync("/proc/self/environ"))("nor one of the command of exec", async () => {
  const { run, job, inputs } = await startCliSession();
  expect((await run(["exec", "--", "sh", "-c", look("seen")])).code).toBe(0);
  const seen = readFileSync(join(job.workspace, "seen"), "utf8");
  expect(seen).toContain("SECRET_STASH_ENVIRONMENT=");
  expect(seen).not.toContain(inputs["api-token"]);
  expect(seen).not.toContain("PRIVATE KEY");
});

test("what the runner gives to actions is kept from the command of run, and not from that of exec, which is a step's own", async () => {
  const { run, inputs } = await startCliSession();
  const given = { ACTIONS_RUNTIME_TOKEN: "runtime-token", ACTIONS_CACHE_URL: "https://cache.example.test" };
  const { stdout } = await run(["exec", "--", "env"], { environment: given });
  for (const [name, value] of Object.entries(given)) expect(stdout).toContain(`${name}=${value}`);
  expect(stdout).not.toContain("SECRET_STASH_API_TOKEN");
  expect(stdout).not.toContain(inputs["api-token"]);
});

test.skipIf(!existsSync("/proc/self/environ"))(
  "negative control: a process that only deletes a variable still shows it",
  async () => {
    const { spawnSync } = await import("node:child_process");
    const script =
      "delete process.env.TOKEN; console.log(require('fs').readFileSync('/proc/self/environ', 'utf8'))";
    const { stdout } = spawnSync(process.execPath, ["-e", script], {
      env: { TOKEN: "shown" },
      encoding: "utf8",
    });
    expect(stdout).toContain("TOKEN=shown");
  },
);
