import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, inject, test } from "vitest";
import { type CliSession, startCliSession } from "../support/cli.ts";
import { failingMain, startSession } from "../support/session.ts";

interface Finding {
  check: string;
  state: string;
  detail: string;
  code?: string;
}

const wrong = async (session: CliSession, args: string[] = [], environment: Record<string, string> = {}) => {
  const { code, stdout, stderr } = await session.run(["doctor", "--json", ...args], { environment });
  const { ok, findings } = JSON.parse(stdout) as { ok: boolean; findings: Finding[] };
  expect(ok).toBe(code === 0);
  expect(stdout + stderr).not.toContain("plain-secret-value");
  expect(stdout + stderr).not.toContain(session.account.apiToken);
  expect(session.left()).toEqual([]);
  return { code, findings, first: findings.find(({ state }) => state === "wrong") };
};

test("everything is fine: every check says what it found, and the service was only read", async () => {
  const session = await startCliSession();
  const { code, stdout, stderr } = await session.run(["doctor"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(
    stdout.replaceAll(
      /(?<=ci=)[0-9a-f]{64}|127\.0\.0\.1:\d+|app_[\w-]+|\d+\.\d+\.\d+|\/tmp\/\S+|\b9\d\d\b/g,
      "…",
    ),
  ).toBe(
    [
      "fine     Node            …",
      "fine     temp directory  … can be written, and other users cannot replace what we write",
      "fine     leftovers       none",
      "fine     masking         nothing masks the log here by itself: use exec, the GitLab component, or | secret-stash-ci mask",
      "fine     inputs          all valid",
      "fine     service         … answers; the clocks agree",
      "fine     api-token       accepted",
      "fine     application     … exists, with ci",
      "fine     environment     ci (testing)",
      "fine     grant-key       readable, device key 2",
      "fine     access          device key 2 opens its envelope of ci",
      "fine     dek-fingerprint ci=…",
      "fine     variables       2 in ci, and API_KEY can be decrypted",
      "fine     request limit   … requests left in this minute",
      "",
      "A pull would work.",
      "",
    ].join("\n"),
  );
  expect(session.requests.filter(({ method }) => method !== "GET")).toEqual([]);
  expect(session.left()).toEqual([]);
});

test("--full goes the whole way with a key that is deleted again", async () => {
  const session = await startCliSession();
  const { findings, code } = await wrong(session, ["--full"]);
  expect(code).toBe(0);
  expect(findings.at(-2)?.detail).toMatch(
    /^device key 3 was registered, given access to ci \(2 variables\), and deleted$/,
  );
  expect(session.server.store.listKeys()).toHaveLength(2);
});

describe("problems are named with their remedy, and checks that depend on them are skipped", () => {
  test("inputs", async () => {
    const session = await startCliSession();
    const { first, code } = await wrong(session, ["--ttl", "99"]);
    expect(code).toBe(1);
    expect(first).toMatchObject({ check: "inputs", code: "INPUTS_INVALID" });
  });

  test("no service", async () => {
    const { first, findings } = await wrong(await startCliSession(), ["--api-url", "http://127.0.0.1:9"]);
    expect(first).toMatchObject({ check: "service", code: "SERVICE_UNREACHABLE" });
    expect(findings.at(-1)).toMatchObject({
      state: "skipped",
      detail: "skipped, because a check before it failed: service",
    });
  });

  test("a token, an application, an environment that does not exist", async () => {
    const session = await startCliSession();
    expect((await wrong(session, [], { SECRET_STASH_API_TOKEN: "sst_other" })).first).toMatchObject({
      check: "api-token",
      code: "TOKEN_REFUSED",
    });
    expect((await wrong(session, ["--application-id", "app_no"])).first).toMatchObject({
      check: "application",
      code: "APPLICATION_NOT_FOUND",
    });
    const { first } = await wrong(session, ["--environment", "prod"]);
    expect(first).toMatchObject({ check: "environment", code: "ENVIRONMENT_NOT_FOUND" });
    expect(first?.detail).toContain("It has ci. Set environment to the slug of one of these.");
  });

  test("a grant key that cannot be read, is unknown, has no envelope, or none that opens", async () => {
    const session = await startCliSession();
    const { store } = session.server;
    const tried = async (key: string) => (await wrong(session, [], { SECRET_STASH_GRANT_KEY: key })).first;
    const { grantKeys, spareKeys } = inject("keys");
    expect(await tried("-----BEGIN")).toMatchObject({ check: "grant-key", code: "GRANT_KEY_UNREADABLE" });
    expect(await tried(spareKeys.privateKey)).toMatchObject({
      check: "grant-key",
      code: "GRANT_KEY_UNKNOWN",
    });
    const row = store.addKey({
      label: "x",
      key_type: "device",
      public_key: spareKeys.publicKey,
      expires_at: null,
    });
    expect(await tried(spareKeys.privateKey)).toMatchObject({
      check: "access",
      code: "GRANT_KEY_WITHOUT_ACCESS",
    });
    store.saveEnvelope(1, row?.id ?? 0, store.findEnvelope(1, 2)?.envelope ?? "", "owner");
    expect(await tried(spareKeys.privateKey)).toMatchObject({
      check: "access",
      code: "GRANT_ENVELOPE_UNREADABLE",
    });
    expect(await tried(grantKeys.privateKey)).toBeUndefined();
  });

  test("neither grant key nor waiting: only --full can tell", async () => {
    const session = await startCliSession({ grant: false });
    expect((await wrong(session)).first).toMatchObject({ check: "grant-key", code: "ENVELOPE_MISSING" });
    expect((await wrong(session, ["--grant-wait", "5"])).first).toBeUndefined();
    expect((await wrong(session, ["--full"])).first).toMatchObject({
      check: "whole path",
      code: "ENVELOPE_MISSING",
    });
    expect(session.server.store.listKeys()).toHaveLength(1);
  });

  test("a variable that does not decrypt, by name", async () => {
    const session = await startCliSession();
    session.server.store.saveVariable(
      1,
      "API_KEY",
      JSON.stringify({ v: 1, alg: "AES-GCM", iv: "", tag: "", ct: "" }),
    );
    const { first } = await wrong(session);
    expect(first).toMatchObject({ check: "variables", code: "VARIABLES_UNDECRYPTABLE" });
    expect(first?.detail).toMatch(/^API_KEY cannot be decrypted/);
  });

  test("few requests left", async () => {
    const session = await startCliSession({ requestsPerMinute: 8 });
    expect((await wrong(session)).first).toMatchObject({ check: "request limit", code: "RATE_LIMITED" });
  });

  test("a difference between the clocks is reported", async () => {
    const session = await startCliSession();
    session.server.clock.advance(90_000);
    const { findings } = await wrong(session);
    expect(findings.find(({ check }) => check === "service")?.detail).toMatch(
      /the runner's clock is (89|90|91) s behind/,
    );
  });

  test("a temp directory that is missing, or that everybody can write to", async () => {
    const session = await startCliSession();
    const open = mkdtempSync(join(session.job.workspace, "open-"));
    chmodSync(open, 0o777);
    const { first } = await wrong(session, [], { RUNNER_TEMP: open });
    expect(first).toMatchObject({ check: "temp directory", code: "KEY_DIRECTORY_FAILED" });
    expect(first?.detail).toContain("has no sticky bit");
    chmodSync(open, 0o1777); // negative control
    expect((await wrong(session, [], { RUNNER_TEMP: open })).first).toBeUndefined();
    expect((await wrong(session, [], { RUNNER_TEMP: join(open, "no") })).first?.detail).toContain("(ENOENT)");
  });

  test("the place of the session directory cannot be written, although RUNNER_TEMP can", async () => {
    const session = await startCliSession();
    const environment = {
      RUNNER_TEMP: session.job.workspace,
      TMPDIR: join(session.job.workspace, "missing"),
    };
    const { first } = await wrong(session, [], environment);
    expect(first).toMatchObject({ check: "temp directory", code: "KEY_DIRECTORY_FAILED" });
    expect((await session.run(["exec", "--", "true"], { environment })).code).toBe(1); // as doctor said
  });

  test("leftovers of killed jobs are counted", async () => {
    const session = await startCliSession();
    const temp = mkdtempSync(join(session.job.workspace, "temp-"));
    const leftover = join(temp, "secret-stash-tmp-0123456789abcdef");
    mkdirSync(leftover, { mode: 0o700 });
    writeFileSync(join(leftover, "device.json"), JSON.stringify({ expires_at: "2020-01-01T00:00:00Z" }));
    mkdirSync(join(temp, "secret-stash-tmp-1123456789abcdef"), { mode: 0o700 });
    const { findings } = await wrong(session, [], { RUNNER_TEMP: temp });
    expect(findings.find(({ check }) => check === "leftovers")?.detail).toMatch(
      /^1 of killed jobs, which the next pull removes$/,
    );
  });
});

test("on Azure Pipelines the agent masks, and doctor says so", async () => {
  const session = await startCliSession();
  const { stdout } = await session.run(["doctor"], { environment: { TF_BUILD: "True" } });
  expect(stdout).toMatch(/^fine +masking +the agent masks the strings that it is told$/m);
});

test("a pull that is refused says what doctor found, instead of a bare status", async () => {
  const session = await startSession({
    answer: ({ method }) =>
      method === "POST" ? Response.json({ message: "no" }, { status: 403 }) : undefined,
  });
  expect(await failingMain(session)).toMatch(
    /The service refuses POST user\/keys \(403\)\. .* Checked after the failure: service: 127\.0\.0\.1:\d+ answers; the clocks agree; api-token: accepted; application: \S+ exists, with ci; environment: ci \(testing\)\. \[ACCESS_REFUSED\]\n/,
  );
});

test("the problem that doctor finds is a sentence in the message, which ends with one code and one address", async () => {
  const session = await startSession({
    answer: ({ method, url }) => {
      if (method === "POST") return Response.json({ message: "no" }, { status: 403 });
      return url.endsWith("/environments") ? Response.json({ message: "no" }, { status: 404 }) : undefined;
    },
  });
  const message = await failingMain(session);
  expect(message).toMatch(
    /; application: There is no application .*[^.]\. \[ACCESS_REFUSED\]\nhttps:\S+#access_refused$/,
  );
  expect(message.match(/https:\/\/github/g)).toHaveLength(1);
});
