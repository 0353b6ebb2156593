import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { describeNetwork } from "../../src/http/network.ts";
import { openUndoJournal } from "../../src/journal/undo-journal.ts";
import { startCliSession } from "../support/cli.ts";
import { endpoints, startSession } from "../support/session.ts";

// Attack 2: the command of `run`, another step, or a script writes the state that post reads.

const NOT_OURS = /is not one that main saved with this api-token, so nothing in it was touched\./;

test("a state that the command of run writes is not taken, and the file is not there to be found", async () => {
  const thief = await startThief();
  const session = await startSession();
  const forged = JSON.stringify({
    apiUrl: thief.url,
    origin: thief.url,
    keyDirectory: "/x",
    fingerprint: "f",
    deviceKeyId: 1,
  });
  // The runner's files share one folder, so the path can be found from that of GITHUB_ENV. Main is killed, so it cannot write after that.
  const run = `echo "state: \${GITHUB_STATE-none}" > seen
    echo 'undo=${forged}' >> "$(dirname "$GITHUB_ENV")/state"
    echo '::save-state name=undo::${forged}'
    kill -9 $PPID`;
  const step = session.step({ run });
  expect(await step.main()).toBe(137);
  expect(await readText(join(session.job.workspace, "seen"))).toBe("state: none\n");
  expect(step.state.get("undo")).toContain(thief.url);
  expect(await step.post()).toBe(0);
  expect(thief.tokens).toEqual([]);
  expect(session.job.log.annotations.map(({ message }) => message)).toEqual([
    expect.stringMatching(NOT_OURS),
  ]);
});

test("a state that an earlier step names through GITHUB_ENV is not taken when main saved none", async () => {
  const thief = await startThief();
  const session = await startSession();
  const forged = JSON.stringify({ origin: thief.url, fingerprint: "f", keyDirectory: session.job.workspace });
  await session.job.run(`echo 'STATE_undo=${forged}' >> "$GITHUB_ENV"`);
  const step = session.step({ ttl: "never" });
  expect(await step.main()).toBe(1);
  expect(await step.post()).toBe(0);
  expect(thief.tokens).toEqual([]);
  expect(session.job.log.annotations.at(-1)?.message).toMatch(NOT_OURS);
});

test("a state of another run, and another api-url in post, get no token either", async () => {
  const thief = await startThief();
  const session = await startSession();
  const inputs = { ...session.inputs };
  const step = session.job.uses(inputs, { GITHUB_RUN_ID: "1" });
  expect(await step.main()).toBe(0);
  inputs["api-url"] = thief.url;
  expect(await step.post()).toBe(0);
  expect(session.job.log.annotations.at(-1)?.message).toMatch(
    /device key 3 is still registered \(the token was not sent, because api-url is no longer what it was\)/,
  );
  const replayed = session.job.uses({ ...session.inputs }, { GITHUB_RUN_ID: "2" });
  for (const [name, value] of step.state) replayed.state.set(name, value);
  expect(await replayed.post()).toBe(0);
  expect(session.job.log.annotations.at(-1)?.message).toMatch(NOT_OURS);
  expect(thief.tokens).toEqual([]);
  expect(endpoints(session).filter((line) => line.startsWith("DELETE"))).toEqual([]);
});

test("an undo.json that a script edited leads clean-up nowhere", async () => {
  const thief = await startThief();
  const session = await startCliSession();
  const other = join(session.job.workspace, "other.env");
  writeFileSync(other, "OTHER=1\n");
  expect((await session.run(["pull"], { environment: { SECRET_STASH_ENV_FILE: ".env" } })).code).toBe(0);
  const [left = ""] = session.left();
  const directory = join(session.job.temp, "tmp", left);
  const undo = JSON.parse(await readText(join(directory, "undo.json")));
  undo.origin = thief.url;
  undo.envFiles[0].path = other;
  writeFileSync(join(directory, "undo.json"), JSON.stringify(undo));
  const { code, stderr } = await session.run(["clean-up", "--session-dir", directory]);
  expect(code).toBe(0);
  expect(stderr).toMatch(NOT_OURS);
  expect(thief.tokens).toEqual([]);
  expect(await readText(other)).toBe("OTHER=1\n");
  expect(session.left()).toEqual([]);
});

test("a state of another step of the same job is not taken either", async () => {
  const session = await startSession();
  const [a, b] = [
    session.job.uses(session.inputs, { GITHUB_ACTION: "a" }),
    session.job.uses(session.inputs, { GITHUB_ACTION: "b" }),
  ];
  for (const step of [a, b]) expect(await step.main()).toBe(0);
  b.state.set("undo", a.state.get("undo") ?? "");
  expect(await b.post()).toBe(0);
  expect(session.job.log.annotations.at(-1)?.message).toMatch(NOT_OURS);
  expect(await a.post()).toBe(0);
  expect(session.leftInTemp()).toHaveLength(1);
});

test("a state that would be too large for post is an error before anything happens", async () => {
  const session = await startSession();
  const step = session.step({}, { NO_PROXY: "x,".repeat(60_000) });
  expect(await step.main()).toBe(1);
  expect(session.job.log.annotations[0]?.message).toMatch(
    /too large to be handed to it\. .* \[STATE_FAILED\]\n/,
  );
  expect(session.requests).toEqual([]);
  expect(session.leftInTemp()).toEqual([]);
});

test("control: what main saved is undone, with the token, at the service", async () => {
  const session = await startSession();
  const step = session.step({ "env-file": ".env" });
  expect(await step.main()).toBe(0);
  expect(await step.post()).toBe(0);
  expect(endpoints(session).at(-1)).toBe("DELETE /api/user/keys/ID");
  expect(readdirSync(session.job.workspace)).toEqual([]);
});

async function readText(path: string): Promise<string> {
  const { readFile } = await import("node:fs/promises");
  return readFile(path, "utf8");
}

test("with a key broker, a seal and a state that an earlier step brings along are not taken when main began nothing", async () => {
  const thief = await startThief();
  const session = await startSession();
  const run = { GITHUB_RUN_ID: "1", GITHUB_RUN_ATTEMPT: "1", GITHUB_JOB: "j", GITHUB_ACTION: "a" };
  const secret = "a-secret-of-the-thief-that-main-never-had";
  const saved = new Map<string, string>();
  const forge = {
    scope: "1 1 j a",
    read: () => "",
    save: (name: string, text: string) => saved.set(name, text),
  };
  const journal = openUndoJournal(forge, secret, {
    origin: thief.url,
    network: describeNetwork({ PATH: process.env.PATH }, ""),
  });
  journal.record({ keyDirectory: "x", fingerprint: "f", grant: { id: "g", release: "r" } });
  const planted = { ...run, STATE_seal: secret, STATE_undo: saved.get("undo") ?? "" };

  const inputs = { "broker-url": thief.url, environment: "ci", ttl: "never" };
  const step = session.job.uses(inputs, planted);
  expect(await step.main()).toBe(1);
  expect(step.state.get("undo")).toBe("");
  expect(await step.post()).toBe(0);
  expect(thief.tokens).toEqual([]);
  // control: what was planted would be acted on if main had saved nothing at all
  const unguarded = session.job.uses(inputs, planted);
  expect(await unguarded.post()).toBe(0);
  expect(thief.tokens).toEqual(["Bearer r"]);
});

async function startThief(): Promise<{ url: string; tokens: string[] }> {
  const tokens: string[] = [];
  const server = createServer((request, response) => {
    tokens.push(request.headers.authorization ?? "");
    response.end("{}");
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, tokens };
}

test("authorities of the system that another step replaced are noticed, and only where Node reads them", () => {
  const folder = mkdtempSync(join(tmpdir(), "authorities-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "system.pem");
  const inherited = (environment: NodeJS.ProcessEnv, content: string) => {
    writeFileSync(file, content);
    return describeNetwork(environment, "").inherited;
  };
  for (const uses of [{ NODE_USE_SYSTEM_CA: "1" }, { NODE_OPTIONS: "--use-openssl-ca" }]) {
    const before = inherited({ ...uses, SSL_CERT_FILE: file, SSL_CERT_DIR: "/a" }, "one");
    expect(inherited({ ...uses, SSL_CERT_FILE: file, SSL_CERT_DIR: "/a" }, "one")).toBe(before);
    expect(inherited({ ...uses, SSL_CERT_FILE: file, SSL_CERT_DIR: "/a" }, "two")).not.toBe(before);
    expect(inherited({ ...uses, SSL_CERT_FILE: file, SSL_CERT_DIR: "/b" }, "one")).not.toBe(before);
    expect(inherited({ ...uses, SSL_CERT_DIR: "/a" }, "one")).not.toBe(before);
  }
  // A setup action that sets them for OpenSSL's own programs changes nothing for Node.
  expect(inherited({ SSL_CERT_FILE: file, SSL_CERT_DIR: "/a" }, "one")).toBe(inherited({}, "one"));
});
