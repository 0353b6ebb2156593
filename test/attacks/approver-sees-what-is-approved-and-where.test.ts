import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, inject, test } from "vitest";
import { generateKeys } from "../stash-server/owner.ts";
import { type ApprovalSession, startApprovalSession } from "../support/approver.ts";

// Attack 19: approve gave permanent keys and keys of other accounts access by their label, hid what --fingerprint approves, and sent the token
// to any --api-url.

const label = "CI/CD Temporary Key (acme/app deploy #17)";
const soon = () => new Date(Date.now() + 600_000).toISOString();

/** The service lists the keys of the account only. Another account's, named in `foreign`, are in the environment's list alone. */
async function startWithForeignKeys(): Promise<{ session: ApprovalSession; foreign: Set<number> }> {
  const foreign = new Set<number>();
  const session: ApprovalSession = await startApprovalSession({
    answer: ({ method, url }) =>
      method === "GET" && url === "/api/user/keys"
        ? Response.json({ data: session.server.store.listKeys().filter(({ id }) => !foreign.has(id)) })
        : undefined,
  });
  return { session, foreign };
}

test("--yes-label takes no permanent key, and none of which nobody knows whether it expires", async () => {
  const { session, foreign } = await startWithForeignKeys();
  const { store } = session.server;
  const permanent = store.addKey({
    label,
    key_type: "device",
    public_key: (await generateKeys()).publicKey,
    expires_at: null,
  });
  const other = store.addKey({
    label,
    key_type: "device",
    public_key: inject("keys").spareKeys.publicKey,
    expires_at: soon(),
  });
  foreign.add(other?.id ?? 0);
  const temporary = store.addKey({
    label,
    key_type: "device",
    public_key: inject("keys").grantKeys.publicKey,
    expires_at: soon(),
  });
  const { stdout } = await session.approve(["--environment", "ci", "--watch", "--yes-label", "CI/CD *"], {
    onStart: async (child) => {
      while (granted(session).length < 1) await sleep(50);
      await sleep(300);
      child.kill("SIGINT");
    },
  });
  expect(granted(session)).toEqual([`envelope.grant ci/${temporary?.id}`]);
  expect(permanent).toBeDefined();
  expect(stdout).toContain("   expires      never: this is a permanent key, and no job's");
  expect(stdout).toContain("Not approved: the label matches, but this is not a temporary key.");
  expect(stdout).toContain("   expires      unknown, because it is the key of another account");
  expect(stdout).toContain("Not approved: the label matches, but nobody knows whether it expires.");
});

test("--fingerprint shows label, owner and expiry of what it approves", async () => {
  const session = await startApprovalSession();
  const expires_at = soon();
  const key = session.server.store.addKey({
    label,
    key_type: "device",
    public_key: inject("keys").spareKeys.publicKey,
    expires_at,
  });
  const { code, stdout } = await session.approve([
    "--environment",
    "ci",
    "--fingerprint",
    key?.fingerprint ?? "",
  ]);
  expect(code).toBe(0);
  expect(stdout).toContain(label);
  expect(stdout).toContain(`   device key   ${key?.id}, of Account Owner <owner@example.test>`);
  expect(stdout).toContain(`   expires      ${expires_at}`);
  expect(stdout).toContain("has access to environment ci until it expires.");
});

test("--fingerprint does not give a permanent key access without a question", async () => {
  const session = await startApprovalSession();
  const key = session.server.store.addKey({
    label,
    key_type: "device",
    public_key: inject("keys").spareKeys.publicKey,
    expires_at: null,
  });
  const { code, stdout, stderr } = await session.approve([
    "--environment",
    "ci",
    "--fingerprint",
    key?.fingerprint ?? "",
  ]);
  expect(code).toBe(2);
  expect(stdout).toContain("   expires      never: this is a permanent key, and no job's");
  expect(stderr).toContain("[USAGE]");
  expect(granted(session)).toEqual([]);
});

test("nor one of another account, nor one that expires long after any job", async () => {
  const { session, foreign } = await startWithForeignKeys();
  const { store } = session.server;
  const key = store.addKey({
    label,
    key_type: "device",
    public_key: inject("keys").spareKeys.publicKey,
    expires_at: soon(),
  });
  foreign.add(key?.id ?? 0);
  const late = store.addKey({
    label,
    key_type: "device",
    public_key: inject("keys").grantKeys.publicKey,
    expires_at: "9999-12-31T00:00:00.000Z",
  });
  for (const { fingerprint = "" } of [key ?? {}, late ?? {}] as { fingerprint?: string }[]) {
    const { code } = await session.approve(["--environment", "ci", "--fingerprint", fingerprint]);
    expect(code).toBe(2);
  }
  expect(granted(session)).toEqual([]);
});

test("a pasted --key-dir does not say which addresses are known", async () => {
  const session = await startApprovalSession();
  const planted = join(session.job.workspace, "planted");
  cpSync(join(session.job.workspace, "alice"), planted, { recursive: true });
  writeFileSync(join(planted, "addresses.json"), JSON.stringify([`${session.server.url}/`]));
  const flags = ["--environment", "ci", "--api-url", session.server.url, "--key-dir", planted];
  const { code } = await session.approve(flags, { environment: { SECRET_STASH_API_URL: "" } });
  expect(code).toBe(2);
  expect(session.requests).toEqual([]);
});

test("spaces in a label do not push a line of their own onto the screen", async () => {
  const session = await startApprovalSession();
  const forged = `x${" ".repeat(70)}fingerprint  cd30 8270`;
  session.server.store.addKey({
    label: forged,
    key_type: "device",
    public_key: inject("keys").spareKeys.publicKey,
    expires_at: soon(),
  });
  const { stdout } = await session.approve(["--environment", "ci"]);
  expect(stdout).not.toContain("  fingerprint  cd30");
  expect(stdout).toContain("x \\u{20}");
});

test("a pasted --api-url gets no token before somebody has said that it is right", async () => {
  const session = await startApprovalSession();
  const flags = ["--environment", "ci", "--api-url", session.server.url];
  const before = session.requests.length;
  const { code, stderr } = await session.approve(flags, { environment: { SECRET_STASH_API_URL: "" } });
  expect(code).toBe(2);
  expect(stderr).toMatch(
    /Your token has never been sent to http:\/\/127\.0\.0\.1:\d+\/, and there is no terminal to ask at\. .* \[USAGE\]/,
  );
  expect(session.requests).toHaveLength(before);
  // Control: the address in one's own environment is known.
  expect((await session.approve(flags)).stderr).not.toContain("has never been sent");
});

test.skipIf(!existsSync("/usr/bin/script"))(
  "at a terminal it asks once, and remembers the answer",
  async () => {
    const session = await startApprovalSession();
    const { spawn } = await import("node:child_process");
    const { actionRoot } = await import("../runner/job.ts");
    const ask = (answer: string) => {
      const command = `'${process.execPath}' '${join(actionRoot, "dist/index.js")}' approve --environment ci --api-url ${session.server.url}`;
      const child = spawn("/usr/bin/script", ["-qec", command, "/dev/null"], {
        env: {
          ...{ PATH: process.env.PATH ?? "", TERM: "xterm", SECRET_STASH_API_TOKEN: "sst_alice" },
          HOME: session.job.workspace,
          SECRET_STASH_APPLICATION_ID: session.account.applicationId,
          SECRET_STASH_KEY_DIR: join(session.job.workspace, "alice"),
        },
      });
      child.stdin.on("error", () => {});
      let screen = "";
      let isAnswered = false;
      child.stdout.on("data", (chunk: Buffer) => {
        screen += chunk.toString();
        if (isAnswered || !screen.includes("[y/N]")) return;
        isAnswered = true;
        child.stdin.write(`${answer}\n`);
      });
      return new Promise<string>((done) => child.once("close", () => done(screen)));
    };
    expect(await ask("n")).toContain("Your token was not sent to");
    expect(session.requests).toEqual([]);
    expect(await ask("y")).toContain("No keys need access");
    expect(
      JSON.parse(readFileSync(join(session.job.workspace, ".secret-stash/addresses.json"), "utf8")),
    ).toEqual([`${session.server.url}/`]);
    expect(await ask("n")).not.toContain("[y/N]");
  },
);

function granted({ server }: ApprovalSession): string[] {
  return server.store
    .listAudit()
    .filter(({ action }) => action.startsWith("envelope.grant"))
    .map(({ action, subject }) => `${action} ${subject}`);
}
