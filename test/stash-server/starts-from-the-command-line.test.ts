import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { actionRoot, startJob } from "../runner/job.ts";

const variables = { PLAIN: "value", LINES: "one\r\ntwo\n", EMPTY: "", NULL: null, UNICODE: "世界 🌍 \u2028" };

test("--variables FILE.json is served to the action, and SIGTERM leaves nothing behind", async () => {
  const folder = makeFolder();
  writeFileSync(join(folder, "values.json"), JSON.stringify(variables));
  const credentialsFile = join(folder, "credentials.json");
  const server = spawnServer([
    "--port",
    "0",
    "--credentials",
    credentialsFile,
    "--variables",
    join(folder, "values.json"),
  ]);
  const credentials = await whenWritten(credentialsFile);
  expect(statSync(credentialsFile).mode & 0o777).toBe(0o600);
  expect(credentials).toEqual({
    api_url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    api_token: expect.any(String),
    application_id: expect.any(String),
    environment: "ci",
    grant_key_file: expect.any(String),
    grant_key_id: expect.any(Number),
    owner_key_dir: expect.any(String),
    pid: server.pid,
  });

  const job = startJob(join(folder, "job"));
  const step = job.uses({
    "api-url": credentials.api_url,
    "api-token": credentials.api_token,
    "application-id": credentials.application_id,
    environment: credentials.environment,
    "grant-key": `${credentials.grant_key_id}:${credentials.grant_key_file}`,
    outputs: "true",
  });
  expect(await step.main()).toBe(0);
  expect(JSON.parse(step.outputs.get("json") ?? "")).toEqual({ ...variables, NULL: "" });
  expect(await step.post()).toBe(0);

  // The owner's own key directory has access, too.
  const ownerKey = readFileSync(join(credentials.owner_key_dir, "device_private_key.pem"), "utf8");
  const owner = JSON.parse(readFileSync(join(credentials.owner_key_dir, "device.json"), "utf8"));
  expect(Object.keys(owner)).toEqual(["device_key_id", "label", "public_key", "fingerprint"]);
  expect(ownerKey).toContain("BEGIN PRIVATE KEY");

  // As the README has it, in a shell.
  const script = `set -a; . '${credentialsFile}.env'; set +a
    npx node dist/index.js doctor && npx node dist/index.js exec -- printenv PLAIN`;
  const shell = spawn("sh", ["-ec", script], {
    cwd: actionRoot,
    env: { PATH: process.env.PATH ?? "", TMPDIR: folder },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const said = await text(shell.stdout);
  expect(said).toContain("A pull would work.");
  expect(said).toMatch(/^\*\*\*$/m);

  server.kill("SIGTERM");
  await new Promise((exited) => server.once("exit", exited));
  expect(server.exitCode).toBe(0);
  expect(readdirSync(folder).filter((name) => name.startsWith("credentials"))).toEqual([]);
  expect(existsSync(credentials.grant_key_file)).toBe(false);
});

test("--data keeps the account over a restart, --no-grant makes no grant key, dotenv values are read", async () => {
  const folder = makeFolder();
  const credentialsFile = join(folder, "credentials.json");
  writeFileSync(join(folder, "values.env"), "A='from dotenv'\n");
  const flags = [
    "--credentials",
    credentialsFile,
    "--data",
    join(folder, "stash.db"),
    "--no-grant",
    "--environment",
    "prod",
  ];
  const first = spawnServer([...flags, "--type", "production", "--variables", join(folder, "values.env")]);
  const before = await whenWritten(credentialsFile);
  expect(before.grant_key_file).toBeNull();
  first.kill("SIGTERM");
  await new Promise((exited) => first.once("exit", exited));

  spawnServer(flags);
  const after = await whenWritten(credentialsFile);
  expect({ ...after, api_url: "", pid: 0 }).toEqual({ ...before, api_url: "", pid: 0 });
  const headers = { Authorization: `Bearer ${after.api_token}` };
  const response = await fetch(
    `${after.api_url}/api/applications/${after.application_id}/environments/prod/variables`,
    { headers },
  );
  expect(await response.json()).toMatchObject({ data: [{ name: "A" }] });
});

function spawnServer(flags: string[]): ChildProcess {
  const server = spawn(process.execPath, [join(actionRoot, "test/stash-server/cli.ts"), ...flags], {
    stdio: "ignore",
  });
  onTestFinished(() => void server.kill("SIGKILL"));
  return server;
}

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "stash-server-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function whenWritten(file: string) {
  while (!existsSync(file)) await sleep(50);
  return JSON.parse(readFileSync(file, "utf8"));
}
