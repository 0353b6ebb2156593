import { expect, test } from "vitest";
import { failingMain, startSession } from "../support/session.ts";

const dangerous = [
  ...[
    "PATH",
    "Path",
    "LD_PRELOAD",
    "DYLD_INSERT_LIBRARIES",
    "BASH_ENV",
    "ENV",
    "IFS",
    "PYTHONPATH",
    "PYTHONSTARTUP",
  ],
  ...[
    "PERL5OPT",
    "RUBYOPT",
    "JAVA_TOOL_OPTIONS",
    "GIT_SSH_COMMAND",
    "GIT_CONFIG_KEY_0",
    "GITHUB_TOKEN",
    "RUNNER_TEMP",
  ],
  ...["ACTIONS_RUNTIME_TOKEN", "INPUT_TTL", "STATE_undo", "CI"],
];

test("names that take over later steps, and names that are not valid, all in one error", async () => {
  const variables = Object.fromEntries(
    ["FINE", ...dangerous, "NODE_OPTIONS", "1ST", "A-B", "SPA CE", "É", ""].map((name) => [name, "a value"]),
  );
  const session = await startSession({ variables });
  const message = await failingMain(session, { "env-file": ".env" });
  expect(message).toMatch(/^Nothing was exported, because these names are refused:\n/);
  expect(message).toContain(
    `can take over later steps (leave them out with ignore, or add them to allow-names to export them anyway): ${dangerous.join(", ")}`,
  );
  expect(message).toContain("reserved on this CI system (leave them out with ignore): NODE_OPTIONS");
  expect(message).toContain(
    'begin with a digit, or contain other characters than letters, digits and _ (rename them with variables: NAME as OTHER): 1ST, A-B, SPA CE, \\u{c9}, ""',
  );
  expect(message).toMatch(/\[NAMES_REFUSED\]\n/);
  expect(message).not.toContain("FINE");
});

test("allow-names allows the listed ones, but never NODE_OPTIONS", async () => {
  const session = await startSession({
    variables: { LD_PRELOAD: "/opt/lib.so", CI: "yes", NODE_OPTIONS: "--inspect" },
  });
  expect(await failingMain(session, { "allow-names": "LD_PRELOAD, CI, NODE_OPTIONS" })).toMatch(
    /: NODE_OPTIONS \[NAMES_REFUSED\]\n/,
  );

  const allowed = await startSession({ variables: { LD_PRELOAD: "", JAVA_TOOL_OPTIONS: "-Xmx1g" } });
  expect(await allowed.step({ "allow-names": "LD_PRELOAD,\nJAVA_TOOL_OPTIONS" }).main()).toBe(0);
  expect(allowed.job.environment.get("JAVA_TOOL_OPTIONS")).toBe("-Xmx1g");
});

test("negative control: the runner itself accepts PATH from GITHUB_ENV", async () => {
  const session = await startSession();
  await session.job.run('echo "PATH=/nowhere" >> "$GITHUB_ENV"');
  expect(session.job.environment.get("PATH")).toBe("/nowhere");
});

test("SECRET_STASH_* and the ignored names are left out, as the official clients do", async () => {
  const variables = {
    SECRET_STASH_API_TOKEN: "a token",
    APP_KEY: "a key",
    APP_ENV: "testing",
    KEPT: "kept value",
  };
  const session = await startSession({ variables });
  expect(await session.step().main()).toBe(0);
  expect([...session.job.environment.keys()]).toEqual(["KEPT", "SECRET_STASH_KEY_DIR"]);

  const other = await startSession({ variables });
  expect(await other.step({ ignore: "KEPT" }).main()).toBe(0);
  expect([...other.job.environment.keys()]).toEqual(["APP_KEY", "APP_ENV", "SECRET_STASH_KEY_DIR"]);
});
