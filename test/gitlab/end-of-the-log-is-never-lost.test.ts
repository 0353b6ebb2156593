import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { actionRoot } from "../runner/job.ts";
import { type Account, addEnvironment, seedAccount } from "../stash-server/seed.ts";
import { type StashServer, startStashServer } from "../stash-server/server.ts";
import { instantiate, runGitLabJob } from "./job.ts";
import type { WrapperForm } from "./wrapper.ts";

const API_KEY = "sk_live_4eC39HqLyjWDarjtT1zdp7dc";
let server: StashServer;
let account: Account;
beforeAll(async () => {
  server = await startStashServer({ requestsPerMinute: 100_000 });
  const { ownerKeys, grantKeys } = inject("keys");
  const variables = { API_KEY };
  account = seedAccount(server.store, {
    environment: "ci",
    type: "testing",
    ownerKeys,
    grantKeys,
    variables,
  });
});
afterAll(() => server.close());

const credentials = () => ({
  SECRET_STASH_API_URL: server.url,
  SECRET_STASH_API_TOKEN: account.apiToken,
  SECRET_STASH_APPLICATION_ID: account.applicationId,
  SECRET_STASH_GRANT_KEY: `${account.grantKeyId}:${inject("keys").grantKeys.privateKey}`,
});

const run = (shell: string, script: string[], environment = {}, form: WrapperForm = "sub19") =>
  runGitLabJob({
    ...{ shell, form, script, inputs: { environment: "ci" } },
    environment: { ...credentials(), ...environment },
  });

const print = 'i=0; while [ $i -lt 300 ]; do echo "line $i $API_KEY"; i=$((i+1)); done; echo FINAL';
const isMissing = (shell: string) =>
  spawnSync(shell, shell === "busybox" ? ["true"] : ["-c", ":"]).error !== undefined;

describe("bash, with a filter of the script's own", () => {
  test.skipIf(isMissing("bash")).concurrent.each([
    ["tee", ["exec > >(tee b.log) 2>&1", print, "exit 3"]],
    ["two filters, one after the other", ["exec > >(cat | sed 's/^/> /') 2>&1", print, "exit 3"]],
    [
      "tee, while a process lives on in the background",
      ["sleep 60 & exec > >(tee b.log) 2>&1", print, "exit 3"],
    ],
  ] as const)("%s: the last line is there, masked, with the script's own status", async (_, script) => {
    const { code, log, left } = await run("bash", [...script]);
    expect(code).toBe(3);
    expect(log).toContain("FINAL");
    expect(log.match(/line \d+ \*\*\*/g)).toHaveLength(300);
    expect(log).not.toContain(API_KEY);
    expect(left).toEqual([]);
  });
});

describe.each(["bash", "dash", "busybox"])("in %s, a script that resets its traps", (shell) => {
  test
    .skipIf(isMissing(shell))
    .concurrent.each([
      "trap 0",
      "trap EXIT",
      "trap - EXIT",
      "trap - INT TERM EXIT",
      "trap 'echo mine' EXIT; trap EXIT",
      "command trap 'echo mine' EXIT",
      "command trap - EXIT",
    ])("%s", async (traps) => {
    const { code, log, left } = await run(shell, [
      traps,
      'command -v sh >/dev/null; echo "x $API_KEY"; echo FINAL',
      "exit 3",
    ]);
    expect(code).toBe(3);
    expect(log).toContain("x ***\nFINAL\n");
    expect(log.includes("\nmine")).toBe(traps === "command trap 'echo mine' EXIT");
    expect(left).toEqual([]);
  });
});

test.skipIf(isMissing("bash"))(
  "a script that empties the temp directory loses the masks, and is told what is left",
  async () => {
    const { log, afterLog } = await run("bash", ['rm -rf "$TMPDIR"/*; echo "x $API_KEY"']);
    expect(log).not.toContain(API_KEY);
    expect(afterLog).toContain(
      "the session directory is gone, because the script emptied the temp directory",
    );
  },
);

test.each(["bash", "dash", "busybox"])(
  "in %s, a value with which no command would start is set and not exported, and the job goes on",
  async (shell) => {
    if (isMissing(shell)) return;
    const BIG = `${"b".repeat(140_000)}-end`;
    const environment = `big-${shell}`;
    const { ownerKeys, grantKeys } = inject("keys");
    addEnvironment(
      server.store,
      account.applicationId,
      { environment, type: "testing", variables: { BIG } },
      [
        { id: account.ownerKeyId, keys: ownerKeys },
        { id: account.grantKeyId ?? 0, keys: grantKeys },
      ],
    );
    const { code, log, afterLog, left } = await runGitLabJob({
      ...{ shell, form: "sub19", inputs: { environment } },
      environment: { ...credentials(), BIG: "one that the runner exported" },
      script: ['echo "it has ${#BIG} characters"; echo "$BIG"; env | grep -c ^BIG= || :', "exit 3"],
    });
    expect(code).toBe(3);
    expect(log).toContain("it has 140004 characters\n***\n0\n");
    expect(log).toContain("SecretStash warning: BIG: larger than 128 KiB");
    expect(log).toContain("is set in the shell itself and not exported");
    expect(afterLog).toContain("the temporary key is gone");
    expect(left).toEqual([]);
  },
);

const canMount = spawnSync("unshare", ["-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).status === 0;

test.skipIf(!canMount).each([8, 10, 12, 14, 15])(
  "with %i inodes left in the temp directory the job ends, nothing shows, and nobody waits for anybody (needs mount)",
  async (inodes) => {
    const temp = mkdtempSync(join(tmpdir(), "inodes-"));
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `nr_inodes=${inodes}`, "tmpfs", temp]);
    expect(mounted.status).toBe(0);
    onTestFinished(() => {
      spawnSync("umount", ["-l", temp]);
      rmSync(temp, { recursive: true });
    });
    const { code, log, afterLog } = await run("bash", ['echo "x $API_KEY"'], { TMPDIR: temp });
    expect(log).not.toContain(API_KEY);
    if (code === 0) expect(log).toContain("x ***\n");
    else expect(log).toMatch(/The disk may be full/);
    expect(afterLog).not.toContain("No space left");
    expect(spawnSync("pgrep", ["-f", temp]).stdout.toString()).toBe("");
    for (const { id, expires_at } of server.store.listKeys())
      if (expires_at !== null) server.store.deleteKey(id);
  },
);

test.skipIf(isMissing("bash"))(
  "the component twice in one job: the second one is refused, and the first one is cleaned up",
  async () => {
    const [template = {}] = Object.values(
      instantiate("secret-stash", { environment: "ci", "bundle-path": join(actionRoot, "dist") }),
    );
    const { code, log, afterLog, left } = await run("bash", [
      ...(template.before_script ?? []),
      'echo "reached $API_KEY"',
    ]);
    expect(code).toBe(1);
    expect(log).toContain("secret-stash: this job has the component twice");
    expect(log).not.toMatch(/^reached/m);
    expect(afterLog).toContain("the temporary key is gone");
    expect(left).toEqual([]);
  },
);

test.each(["mksh", "zsh", "ksh93"])(
  "%s, in which a failing command can pass unnoticed, is refused by name",
  async (shell) => {
    if (isMissing(shell)) return;
    const { code, log, left } = await run(shell, ["echo reached"], {}, "script_legacy");
    expect(code).toBe(1);
    expect(log).toContain("this shell is ksh, mksh or zsh");
    expect(log).not.toMatch(/^reached$/m);
    expect(left).toEqual([]);
  },
);

test("what makes Node print what it does is for the script's own processes alone", async () => {
  const environment = { NODE_DEBUG: "child_process,net", NODE_OPTIONS: "--no-warnings" };
  const { code, log, afterLog } = await run(
    "bash",
    ['echo "$NODE_DEBUG $NODE_OPTIONS $API_KEY"'],
    environment,
  );
  expect(code).toBe(0);
  expect(log).toContain("child_process,net --no-warnings ***");
  for (const secret of [API_KEY, account.apiToken, "BEGIN PRIVATE KEY"])
    expect(log + afterLog).not.toContain(secret);
  expect(log + afterLog).not.toMatch(/^(NET|CHILD_PROCESS) \d+:/m);
});

describe.each(["sh", "bash", "dash"])("the template exec in %s", (shell) => {
  const start = (command: string): { child: ChildProcess; output: () => string; temp: string } => {
    const folder = mkdtempSync(join(tmpdir(), "exec-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const inputs = { environment: "ci", "bundle-path": join(actionRoot, "dist"), command };
    const [job = {}] = Object.values(instantiate("exec", inputs));
    const env = {
      PATH: process.env.PATH ?? "",
      HOME: folder,
      TMPDIR: folder,
      GITLAB_CI: "true",
      ...credentials(),
    };
    const child = spawn(shell, ["-e"], { env, cwd: folder, stdio: ["pipe", "pipe", "pipe"] });
    const chunks: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.stdin?.end((job.script ?? []).join("\n"));
    return { child, output: () => Buffer.concat(chunks).toString(), temp: folder };
  };

  test.skipIf(isMissing(shell))("ends with the command's exit code, and leaves nothing", async () => {
    const { child, output, temp } = start('echo "x $API_KEY"; exit 5');
    const [code] = await once(child, "close");
    expect({ code, left: readdirSync(temp) }).toEqual({ code: 5, left: [] });
    expect(output()).toContain("x ***\n");
  });

  test.skipIf(isMissing(shell))(
    "cancelled by a signal to the shell alone, it ends the command and leaves nothing",
    async () => {
      const { child, output, temp } = start(
        "trap 'echo cancelled; exit 1' TERM; echo begun; while :; do sleep 0.1; done",
      );
      const closed = once(child, "close");
      while (!output().includes("begun")) await once(child.stdout as NodeJS.ReadableStream, "data");
      child.kill("SIGTERM");
      const [code] = await closed;
      expect(code).not.toBe(0);
      expect(output()).toContain("cancelled");
      expect(readdirSync(temp)).toEqual([]);
    },
  );
});
