import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, inject, test } from "vitest";
import { groupFingerprint } from "../../src/crypto/device-key.ts";
import { actionRoot } from "../runner/job.ts";
import { generateKeys } from "../stash-server/owner.ts";
import { type ApprovalSession, startApprovalSession } from "../support/approver.ts";

const label = "CI/CD Temporary Key (acme/app deploy #17)";

test("without a terminal it lists the requests, and does not ask", async () => {
  const session = await startApprovalSession();
  const none = await session.approve(["--environment", "ci"]);
  expect(none).toEqual({ code: 0, stdout: "No keys need access to environment ci.\n", stderr: "" });

  const { older, newer } = addRequests(session);
  const { code, stdout, stderr } = await session.approve(["--environment", "ci"]);
  expect(code).toBe(2);
  expect(stdout).toBe(
    [
      "2 keys need access to environment ci, newest first.",
      "1 more key can never be approved here: recovery keys, and keys other than RSA-4096.",
      "",
      `1  ${label}`,
      `   fingerprint  ${groupFingerprint(newer.fingerprint)}`,
      `   device key   ${newer.id}, of Account Owner <owner@example.test>`,
      `   expires      ${newer.expires_at}`,
      "",
      `2  ${label}`,
      `   fingerprint  ${groupFingerprint(older.fingerprint)}`,
      `   device key   ${older.id}, of Account Owner <owner@example.test>`,
      `   expires      ${older.expires_at}`,
      "",
    ].join("\n"),
  );
  expect(stderr).toMatch(
    /^SecretStash: USAGE\napprove has to ask for confirmation, and there is no terminal\. .* \[USAGE\]\nhttps:\S+#usage\n$/,
  );
  expect(granted(session)).toEqual([]);
});

test("--json writes facts for programs to stdout, and text for people to stderr", async () => {
  const session = await startApprovalSession();
  const { newer } = addRequests(session);
  const listed = await session.approve(["--environment", "ci", "--json"]);
  expect(
    listed.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).fingerprint),
  ).toHaveLength(2);
  const approved = await session.approve([
    "--environment",
    "ci",
    "--fingerprint",
    newer.fingerprint,
    "--json",
  ]);
  expect(JSON.parse(approved.stdout)).toEqual({
    event: "approved",
    device_key_id: newer.id,
    fingerprint: newer.fingerprint,
    environment: "ci",
  });
  expect(approved.stderr).toContain("Approved.");
});

test("--fingerprint approves exactly that one of two keys with the same label, once", async () => {
  const session = await startApprovalSession();
  const { older } = addRequests(session);
  const flags = ["--environment", "ci", "--fingerprint", groupFingerprint(older.fingerprint).toUpperCase()];
  expect((await session.approve(flags)).code).toBe(0);
  expect(granted(session)).toEqual([`envelope.grant ci/${older.id}`]);
  const again = await session.approve(flags);
  expect(again).toEqual({ code: 0, stdout: "This key has access already.\n", stderr: "" });
  expect(granted(session)).toHaveLength(1);
});

test("--fingerprint refuses when none or two match, when it is too short, and never takes a recovery key", async () => {
  const { newer, recovery } = { newer: { fingerprint: "" }, recovery: { fingerprint: "" } };
  let doubles = false;
  const session = await startApprovalSession({
    answer: async ({ url }) => {
      if (!doubles || !url.endsWith("/envelopes")) return undefined;
      const { store } = session.server;
      const twice = [...store.listKeys(), ...store.listKeys()];
      const rows = twice.map((key, index) => ({ ...key, device_key_id: 100 + index, needs_envelope: true }));
      return Response.json({ data: { device_keys: rows } });
    },
  });
  Object.assign(newer, addRequests(session).newer);
  Object.assign(recovery, session.server.store.listKeys().at(-1));
  const tried = async (fingerprint: string) =>
    (await session.approve(["--environment", "ci", "--fingerprint", fingerprint])).stderr;
  expect(await tried("0".repeat(64))).toMatch(/\[REQUEST_NOT_FOUND\]/);
  expect(await tried(recovery.fingerprint)).toMatch(/\[REQUEST_NOT_FOUND\]/);
  expect(await tried(newer.fingerprint.slice(0, 31))).toMatch(
    /- fingerprint: must be what the job shows \(32 hexadecimal digits\)/,
  );
  doubles = true;
  expect(await tried(newer.fingerprint)).toMatch(/Two keys with this fingerprint .* \[REQUEST_AMBIGUOUS\]/);
  expect(granted(session)).toEqual([]);
});

test("an approver without access, without a key, or with another account's key learns it before being asked", async () => {
  const session = await startApprovalSession();
  const { newer } = addRequests(session);
  const { store } = session.server;
  store.addEnvironment(session.account.applicationId, { name: "prod", slug: "prod", type: "production" });
  const without = await session.approve(["--environment", "prod", "--fingerprint", newer.fingerprint]);
  expect(without.code).toBe(3);
  expect(without.stderr).toMatch(
    /Your own key \(device key 1\) cannot give access to environment prod: it has no access itself.* \[APPROVER_WITHOUT_ACCESS\]/,
  );
  const noKey = await session.approve(["--environment", "ci", "--key-dir", "nowhere"]);
  expect(noKey.stderr).toMatch(
    /no usable device key in nowhere: device_private_key.pem cannot be read \(ENOENT\).* \[APPROVER_KEY_UNREADABLE\]/,
  );
  store.saveEnvelope(1, 1, JSON.stringify({ v: 1, alg: "RSA-OAEP", ct: "AAAA" }), "owner");
  const closed = await session.approve(["--environment", "ci"]);
  expect(closed.stderr).toMatch(/it does not open its envelope.* \[APPROVER_WITHOUT_ACCESS\]/);
});

test("--watch --yes-label approves only temporary keys with that label, after a warning", async () => {
  const session = await startApprovalSession();
  const { store } = session.server;
  const { older, newer } = addRequests(session);
  const forged = store.addKey({
    label,
    key_type: "device",
    public_key: (await generateKeys()).publicKey,
    expires_at: null,
  });
  const pattern = "CI/CD Temporary Key (acme/app *)";
  const watch = session.approve(["--environment", "ci", "--watch", "--yes-label", pattern], {
    onStart: async (child) => {
      while (granted(session).length < 2) await sleep(50);
      child.kill("SIGINT");
    },
  });
  const { code, stdout, stderr } = await watch;
  expect(code).toBe(130);
  expect(stderr).toBe("SecretStash: cancelled. Nothing more is approved.\n");
  expect(stdout).toMatch(/^Warning: --yes-label approves without asking\. A label is a claim, not a proof/);
  expect(granted(session).sort()).toEqual(
    [`envelope.grant ci/${older.id}`, `envelope.grant ci/${newer.id}`].sort(),
  );
  expect(store.findEnvelope(1, forged?.id ?? 0)).toBeUndefined();

  const implied = await session.approve(["--watch", "--yes-label", pattern]);
  expect(implied.stderr).toContain("- yes-label: needs --environment on the command line too");
  expect((await session.approve(["--environment", "ci", "--watch"])).stderr).toContain(
    "and there is no terminal.",
  );
});

test("a label from the service cannot move the cursor or forge a line", async () => {
  const session = await startApprovalSession();
  addRequests(session, "x\u001b[2K\r\nApproved. ::error::");
  const { stdout } = await session.approve(["--environment", "ci"]);
  for (const forged of ["\u001b", "\r", "\nApproved", "::"]) expect(stdout).not.toContain(forged);
  expect(stdout).toContain("1  x\\u{1b}\\u{5b}2K\\u{d}\\u{a}Approved. :\\u{3a}error:\\u{3a}");
});

// util-linux; a Debian package that every image with bash has.
test.skipIf(!existsSync("/usr/bin/script"))(
  "at a terminal it asks which, shows the fingerprint again, and asks once more",
  async () => {
    const session = await startApprovalSession();
    const { older } = addRequests(session);
    const no = await atTerminal(session, ["2", "n"]);
    expect(no).toContain("Nothing was approved.");
    expect(await atTerminal(session, [""])).toContain("Nothing was approved.");
    expect(granted(session)).toEqual([]);

    const yes = await atTerminal(session, ["2", "y"]);
    expect(yes.split(groupFingerprint(older.fingerprint))).toHaveLength(3);
    expect(yes).toContain(`\u001b[1m${groupFingerprint(older.fingerprint)}\u001b[22m`);
    expect(yes).toContain("\u001b[32mApproved.\u001b[39m");
    expect(granted(session)).toEqual([`envelope.grant ci/${older.id}`]);
    expect(await atTerminal(session, ["1", "y"], { NO_COLOR: "1" })).not.toContain("\u001b");
  },
);

test.skipIf(!existsSync("/usr/bin/script"))(
  "text that is typed before a question is shown is not an answer to it",
  async () => {
    const session = await startApprovalSession();
    addRequests(session);
    // All at once: the second and third line come before the question that they would answer.
    const screen = await atTerminal(session, ["1\ny\ny", "n"]);
    expect(screen).toContain("Nothing was approved.");
    expect(granted(session)).toEqual([]);
  },
);

/** `approve` at a terminal of its own; each answer is typed when a question stands there. */
function atTerminal(
  session: ApprovalSession,
  answers: string[],
  environment: Record<string, string> = {},
): Promise<string> {
  const command = `'${process.execPath}' '${join(actionRoot, "dist/index.js")}' approve --environment ci`;
  const child = spawn("/usr/bin/script", ["-qec", command, "/dev/null"], {
    env: {
      PATH: process.env.PATH ?? "",
      TERM: "xterm",
      SECRET_STASH_API_URL: session.server.url,
      SECRET_STASH_APPLICATION_ID: session.account.applicationId,
      SECRET_STASH_API_TOKEN: "sst_alice",
      SECRET_STASH_KEY_DIR: join(session.job.workspace, "alice"),
      ...environment,
    },
  });
  let screen = "";
  let asked = 0;
  child.stdout.on("data", (chunk: Buffer) => {
    screen += chunk.toString();
    while ((screen.match(/for none:|\[y\/N\]/g) ?? []).length > asked)
      child.stdin.write(`${answers[asked++] ?? ""}\n`);
  });
  return new Promise((done) => child.once("close", () => done(screen)));
}

/** Two jobs' keys with the same label, and a recovery key. */
function addRequests({ server }: ApprovalSession, name = label) {
  const { grantKeys, spareKeys, recoveryKeys } = inject("keys");
  const expires_at = new Date(Date.now() + 600_000).toISOString();
  const add = (public_key: string, key_type = "device") => {
    const row = server.store.addKey({ label: name, key_type, public_key, expires_at });
    if (row === undefined) throw new Error("registered already");
    return row;
  };
  const requests = { older: add(grantKeys.publicKey), newer: add(spareKeys.publicKey) };
  add(recoveryKeys.publicKey, "recovery");
  return requests;
}

function granted({ server }: ApprovalSession): string[] {
  return server.store
    .listAudit()
    .filter(({ action }) => action.startsWith("envelope.grant"))
    .map(({ action, subject }) => `${action} ${subject}`);
}
