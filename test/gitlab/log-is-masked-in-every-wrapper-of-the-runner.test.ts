import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { packBundle, sha256 } from "../build/package.ts";
import { actionRoot } from "../runner/job.ts";
import { type Account, seedAccount } from "../stash-server/seed.ts";
import { type StashServer, startStashServer } from "../stash-server/server.ts";
import { type GitLabJob, runGitLabJob } from "./job.ts";
import { wrapperForms } from "./wrapper.ts";

const API_KEY = "sk_live_4eC39HqLyjWDarjtT1zdp7dc";
const PASSWORD = 'it\'s "p@ss" & $more';
const PEM = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\nAQEFAASCBKcwggSjAgEAAoIB\n-----END KEY-----\n";
const secrets = [API_KEY, PASSWORD, "MIIEvQIBADANBgkqhkiG9w0B", "AQEFAASCBKcwggSjAgEAAoIB"];

let server: StashServer;
let account: Account;
let broken: string;
beforeAll(async () => {
  broken = makeBundle("process.exit(1);");
  server = await startStashServer({ requestsPerMinute: 100_000 });
  const { ownerKeys, grantKeys } = inject("keys");
  account = seedAccount(server.store, {
    ...{ environment: "ci", type: "testing", ownerKeys, grantKeys },
    variables: { API_KEY, PASSWORD, PEM },
  });
});
afterAll(async () => {
  await server.close();
  rmSync(broken, { recursive: true, force: true });
});

function runJob(job: Pick<GitLabJob, "shell" | "form" | "script"> & Partial<GitLabJob>) {
  return runGitLabJob({
    ...job,
    inputs: { environment: "ci", ...job.inputs },
    environment: {
      SECRET_STASH_API_URL: server.url,
      SECRET_STASH_API_TOKEN: account.apiToken,
      SECRET_STASH_APPLICATION_ID: account.applicationId,
      SECRET_STASH_GRANT_KEY: `${account.grantKeyId}:${inject("keys").grantKeys.privateKey}`,
      ...job.environment,
    },
  });
}

const isThere = (shell: string) => spawnSync(shell, ["-c", ":"]).error === undefined;
const shells = ["bash", "dash", "busybox"].map((shell) => ({
  shell,
  isMissing: shell === "busybox" ? spawnSync("busybox", ["true"]).error !== undefined : !isThere(shell),
}));

describe.each(shells)("in $shell", ({ shell, isMissing }) => {
  test.skipIf(isMissing).concurrent.each(wrapperForms)(
    "under %s, a job prints its secrets in many ways and none shows",
    async (form) => {
      const script = [
        "set -u",
        'echo "plain $API_KEY"; echo "$PASSWORD"; printf "%s" "$PEM"',
        'printf %s "$API_KEY" | base64; echo "user:$API_KEY" | base64; printf %s "$PASSWORD" | od -An -tx1 | tr -d " \\n"; echo',
        'env | sort | grep -E "API_KEY|PASSWORD|TOKEN|GRANT" || true',
        'printf "sk_live_4eC39"; sleep 0.1; echo "HqLyjWDarjtT1zdp7dc split"',
        'set -x; : "$API_KEY $PASSWORD"; set +x',
        "trap 'echo the trap of the user' EXIT",
        "sleep 30 & echo in the background",
        'echo "$API_KEY" >&2; i=0; while [ $i -lt 200 ]; do echo "line $i"; i=$((i+1)); done',
        "printf 'no newline at the end'; exit 42",
      ];
      const { code, log, afterLog, left } = await runJob({ shell, form, script });
      expect(code).toBe(42);
      for (const secret of [...secrets, account.apiToken]) expect(log).not.toContain(secret);
      expect(log).toContain("plain ***\n***\n***\n");
      expect(log).toContain("*** split");
      expect(log).toContain("the trap of the user");
      expect(log).toContain("no newline at the end");
      const numbers = [...log.matchAll(/^line (\d+)$/gm)].map(([, number]) => Number(number));
      expect(numbers).toEqual(Array.from({ length: 200 }, (_, index) => index));
      expect(log).not.toMatch(/GRANT_KEY=|API_TOKEN=/);
      expect(afterLog).toContain("the temporary key is gone");
      expect(left).toEqual([]);
    },
  );

  test.skipIf(isMissing).concurrent.each([0, 1, 127])("exit code %i is kept", async (status) => {
    const script = [status === 127 ? "no-such-command-here" : `(exit ${status})`, "wait", "echo reached"];
    const { code, log, left } = await runJob({ shell, form: "sub19", script });
    expect(code).toBe(status);
    expect(log.includes("\nreached")).toBe(status === 0);
    expect(left).toEqual([]);
  });

  test
    .skipIf(isMissing)
    .concurrent(
      "a redactor that is killed withholds the rest, says so, and leaves the job its status",
      async () => {
        const script = [
          "kill -9 $(ps -eo pid,args | grep '[m]ask --session-log' | grep \"$SS_DIR\" | awk '{print $1}'); sleep 0.3",
          'echo "after $API_KEY"; exit 3',
        ];
        const { code, log } = await runJob({ shell, form: "sub19", script });
        expect(code).toBe(3);
        expect(log).toContain("the log redactor stopped early, so the rest of this output is withheld");
        expect(log).not.toContain("after");
        expect(log).not.toContain(API_KEY);
      },
    );

  test.skipIf(isMissing).concurrent("a redactor that cannot start: the script does not run", async () => {
    const { code, log } = await runJob({
      shell,
      form: "sub19",
      inputs: { "bundle-path": broken },
      script: ["echo reached $API_KEY"],
    });
    expect(code).not.toBe(0);
    expect(log).toContain("the log redactor could not start, so the script does not run");
    expect(log).not.toMatch(/^reached/m);
  });

  test
    .skipIf(isMissing)
    .concurrent("a redactor that takes too long: the script does not run, and the log says why", async () => {
      // It is ready only when the shell has given up on it, however long that takes here.
      const slow = makeBundle(`
        const { existsSync } = await import("node:fs");
        while (!existsSync(import.meta.dirname + "/gave-up")) await new Promise((soon) => setTimeout(soon, 50));`);
      const { code, log } = await runJob({
        shell,
        form: "sub19",
        inputs: { "bundle-path": slow },
        script: ["echo reached $API_KEY"],
        onStart: (child) => child.once("exit", () => writeFileSync(join(slow, "gave-up"), "")),
      });
      rmSync(slow, { recursive: true, force: true });
      expect(code).not.toBe(0);
      expect(log).toContain("the log redactor took more than 10 s to start, so the script does not run");
      expect(log).not.toMatch(/^reached|^:$/m);
    });

  test
    .skipIf(isMissing)
    .concurrent("SIGTERM ends the job, nothing shows, and after_script cleans up", async () => {
      const { code, log, afterLog, left } = await runJob({
        shell,
        form: "sub19",
        script: ['echo "started $API_KEY"', "sleep 30", "echo reached"],
        onStart: (child, log) => {
          const timer = setInterval(() => {
            if (!log().includes("\nstarted")) return;
            clearInterval(timer);
            process.kill(-(child.pid ?? 0), "SIGTERM");
          }, 50);
          child.once("exit", () => clearInterval(timer));
        },
      });
      expect(code).not.toBe(0);
      expect(log).toContain("started ***");
      expect(log).not.toMatch(/^reached/m);
      expect(afterLog).toContain("the temporary key is gone");
      expect(left).toEqual([]);
    });
});

test("10 MB of output arrive whole and in order", async () => {
  const script = ["node -e 'for (let i = 0; i < 100000; i++) console.log(`${i} `.padEnd(100, \"x\"))'"];
  const { code, log } = await runJob({ shell: "bash", form: "sub19", script });
  expect(code).toBe(0);
  const lines = log.split("\n").filter((line) => /^\d+ x+$/.test(line));
  expect(lines).toHaveLength(100_000);
  expect(lines.every((line, index) => line.startsWith(`${index} `))).toBe(true);
});

test("an env file alone, with nothing in the environment, is masked and cleaned up", async () => {
  const { code, log, left } = await runJob({
    shell: "bash",
    form: "sub19",
    inputs: {
      "export-env": "false",
      "env-file": ".env",
      variables: "API_KEY",
      label: 'it\'s `id` $(id) "x" $HOME',
    },
    script: ["cat .env; echo ${API_KEY-none}"],
  });
  expect(code).toBe(0);
  expect(log).toContain("API_KEY='***'\nnone");
  expect(left).toEqual([]);
});

test("without credentials, a job that is allowed to goes on without the variables", async () => {
  const { code, log, left } = await runJob({
    shell: "bash",
    form: "sub19",
    inputs: { "on-missing-credentials": "skip" },
    environment: { SECRET_STASH_API_TOKEN: "" },
    script: ["echo reached"],
  });
  expect(code).toBe(0);
  expect(log).toMatch(/^reached$/m);
  expect(left).toEqual([]);
});

test("a pull that fails ends the job with its own code, before the script", async () => {
  const { code, log, left } = await runJob({
    shell: "bash",
    form: "sub19",
    environment: { SECRET_STASH_API_TOKEN: "st_wrong" },
    script: ["echo reached"],
  });
  expect(code).toBe(3);
  expect(log).toContain("[TOKEN_REFUSED]");
  expect(log).not.toMatch(/^reached/m);
  expect(left).toEqual([]);
});

test("negative control: with mask-log false, the secret shows", async () => {
  const { code, log, left } = await runJob({
    shell: "bash",
    form: "sub19",
    inputs: { "mask-log": "false" },
    script: ['echo "plain $API_KEY"'],
  });
  expect(code).toBe(0);
  expect(log).toContain(`plain ${API_KEY}`);
  expect(left).toEqual([]);
});

test("CI_DEBUG_TRACE is refused, unless the job allows it", async () => {
  const job = {
    shell: "bash",
    form: "sub19",
    script: ["echo reached"],
    environment: { CI_DEBUG_TRACE: "true" },
  } as const;
  const refused = await runJob({ ...job, script: [...job.script] });
  expect(refused.code).toBe(4);
  expect(refused.log).toContain("[DEBUG_TRACE_REFUSED]");
  expect(refused.log).not.toMatch(/^reached/m);
  const mistaken = await runJob({ ...job, script: [...job.script], inputs: { ttl: "soon" } });
  expect(mistaken.code).toBe(4); // The refusal comes before mistakes in inputs.
  expect(mistaken.log).toContain("[DEBUG_TRACE_REFUSED]");
  const allowed = await runJob({ ...job, script: [...job.script], inputs: { "allow-debug-trace": "true" } });
  expect(allowed.code).toBe(0);
});

test("after a leak that leak-check: fail reports, nothing claims that the key is still there", async () => {
  const { code, log, afterLog, left } = await runJob({
    shell: "bash",
    form: "sub19",
    script: ['echo "$API_KEY" >leaked.txt'],
    inputs: { "leak-check": "fail" },
  });
  expect({ code, left }).toEqual({ code: 0, left: [] }); // after_script cannot fail a job
  expect(log + afterLog).toContain("[LEAK_FOUND]");
  expect(log + afterLog).not.toContain("expires when its TTL is over");
});

/** The bundle, with something else to do before it masks. */
function makeBundle(beforeMask: string): string {
  const folder = mkdtempSync(join(tmpdir(), "bundle-"));
  cpSync(join(actionRoot, "dist"), join(folder, "real"), { recursive: true });
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  writeFileSync(
    join(folder, "index.js"),
    `import { spawnSync } from "node:child_process";
     const args = process.argv.slice(2);
     if (args[0] === "mask") { ${beforeMask} }
     process.exit(spawnSync(process.execPath, [import.meta.dirname + "/real/index.js", ...args], { stdio: "inherit" }).status);`,
  );
  return folder;
}

test.skipIf(!isThere("bash"))("bash in POSIX mode, which takes no function named trap", async () => {
  const { code, log, left } = await runJob({
    shell: "bash",
    form: "sub19",
    environment: { POSIXLY_CORRECT: "1" },
    script: ["trap 'echo trapped $API_KEY' EXIT", "echo in $API_KEY"],
  });
  expect({ code, left }).toEqual({ code: 0, left: [] });
  expect(log).toContain("in ***");
  expect(log).toContain("trapped ***");
});

describe("a bundle from an address", () => {
  const archive = packBundle(join(actionRoot, "dist"));
  const script = ['echo "plain $API_KEY"'];
  let address: string;
  let assets: Server;
  beforeAll(async () => {
    assets = createServer((_, response) => response.end(archive)).listen(0, "127.0.0.1");
    await once(assets, "listening");
    address = `http://127.0.0.1:${(assets.address() as AddressInfo).port}/bundle.tar.gz`;
  });
  afterAll(() => void assets.close());

  const tools = [
    { name: "curl, where it is", hidden: [] },
    { name: "Node, where neither curl nor wget is", hidden: ["curl", "wget"] },
  ];
  test.each(tools)("is downloaded with $name, and checked", async ({ hidden }) => {
    const inputs = {
      "bundle-path": "",
      "bundle-url": address,
      "bundle-sha256": sha256(archive).toUpperCase(),
    };
    const hide = hidden.length > 0 ? { PATH: pathWithout(hidden) } : {};
    const { code, log, left } = await runJob({
      shell: "bash",
      form: "sub19",
      inputs,
      script,
      environment: hide,
    });
    expect(log).toContain("plain ***");
    expect(code).toBe(0);
    expect(left).toEqual([]);
  });

  test("with another SHA-256: nothing in it is run", async () => {
    const inputs = { "bundle-path": "", "bundle-url": address, "bundle-sha256": "0".repeat(64) };
    const { code, log, left } = await runJob({ shell: "bash", form: "sub19", inputs, script });
    expect(log).toContain("The SHA-256 of the bundle is not bundle-sha256, so nothing in it was run.");
    expect(log).not.toMatch(/^plain/m);
    expect(code).toBe(1);
    expect(left).toEqual([]);
  });
});

test("for an image without Node, the log says what to do", async () => {
  const environment = { PATH: pathWithout(["node"]) };
  const { code, log, left } = await runJob({
    shell: "bash",
    form: "sub19",
    script: ["echo reached"],
    environment,
  });
  expect(log).toContain(
    "This image has no supported Node.js (24.5 or later, or 22.21 or later of Node 22). Use an image that has one (node:24)",
  );
  expect(code).toBe(1);
  expect(left).toEqual([]);
});

test("a folder that the image calls SS_DIR is not deleted when the component fails", async () => {
  const victim = mkdtempSync(join(tmpdir(), "victim-"));
  onTestFinished(() => rmSync(victim, { recursive: true, force: true }));
  const environment = { PATH: pathWithout(["node"]), SS_DIR: victim };
  const { code } = await runJob({ shell: "bash", form: "sub19", script: ["echo reached"], environment });
  expect(code).toBe(1);
  expect(existsSync(victim)).toBe(true);
});

test.each(["bash", "dash"])(
  "a trap of the user that fails under set -e fails the job, in %s",
  async (shell) => {
    const script = ["set -e", "trap 'echo \"status $?\"; false; echo not reached' EXIT", "exit 3"];
    const { code, log } = await runJob({ shell, form: "sub19", script });
    expect(log).toContain("status 3");
    expect(log).not.toContain("not reached\n");
    expect(code).toBe(1);
  },
);

test("a script that saves and restores its traps ends as usual", async () => {
  const script = ["saved=$(trap)", "trap 'echo mine' EXIT", 'eval "$saved"', "echo done; exit 3"];
  const { code, log } = await runJob({ shell: "bash", form: "sub19", script });
  expect(log).toContain("done");
  expect(code).toBe(3);
});

/** The tools that the component needs, and none of those named. */
function pathWithout(hidden: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "path-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const tools = [
    "bash",
    "sh",
    "cat",
    "mktemp",
    "mkdir",
    "rm",
    "mkfifo",
    "sed",
    "sleep",
    "tar",
    "gzip",
    "curl",
    "wget",
    "touch",
    "grep",
  ];
  for (const tool of tools.filter((name) => !hidden.includes(name))) {
    const { stdout } = spawnSync("sh", ["-c", `command -v ${tool}`], { encoding: "utf8" });
    if (stdout.startsWith("/")) symlinkSync(stdout.trim(), join(folder, tool));
  }
  if (!hidden.includes("node")) symlinkSync(process.execPath, join(folder, "node"));
  return folder;
}
