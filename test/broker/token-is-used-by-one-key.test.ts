import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openSqliteStore } from "../../src/broker/store/sqlite-store.ts";
import type { AuditRow, BrokerStore, TokenUse } from "../../src/broker/store/store.ts";

const NOW = 1_795_000_000;
const use = (changes: Partial<TokenUse> = {}): TokenUse => ({
  ...{
    issuer: "gitlab",
    ids: ["jti-1", "job:302"],
    fingerprint: "aa",
    keys: 1,
    now: NOW,
    keptUntil: NOW + 400,
  },
  ...changes,
});

let folder: string;
let store: BrokerStore;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "store-"));
  store = openSqliteStore(join(folder, "broker.db"));
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("a token", () => {
  test("is used by the first key, which may ask again, and by no other", async () => {
    expect(await store.use(use())).toBe("first");
    expect(await store.use(use({ now: NOW + 300 }))).toBe("retry");
    expect(await store.use(use({ fingerprint: "bb" }))).toBe("taken");
    expect(await store.use(use({ now: NOW + 301 }))).toBe("over");
  });

  test("of the same job, with another id, is used by the job's key alone", async () => {
    await store.use(use());
    expect(await store.use(use({ ids: ["jti-2", "job:302"], fingerprint: "bb" }))).toBe("taken");
    expect(await store.use(use({ ids: ["jti-2", "job:302"] }))).toBe("retry");
    expect(await store.use(use({ ids: ["jti-3", "job:303"], fingerprint: "bb" }))).toBe("first");
  });

  test("of another issuer with the same id is another token", async () => {
    await store.use(use());
    expect(await store.use(use({ issuer: "other", fingerprint: "bb" }))).toBe("first");
  });

  test("is over once it was released", async () => {
    await store.use(use());
    expect(await store.release(use())).toBe(true);
    expect(await store.release(use())).toBe(false);
    expect(await store.use(use())).toBe("over");
  });

  test("may be used with as many keys as the rule says", async () => {
    expect(await store.use(use({ keys: 2 }))).toBe("first");
    expect(await store.use(use({ keys: 2, fingerprint: "bb" }))).toBe("first");
    expect(await store.use(use({ keys: 2, fingerprint: "cc" }))).toBe("taken");
    expect(await store.use(use({ keys: 2, fingerprint: "bb" }))).toBe("retry");
  });

  test("with a second key by a rule that allows two is not used with it by a rule that allows one", async () => {
    await store.use(use({ keys: 2 }));
    await store.use(use({ keys: 2, fingerprint: "bb" }));
    expect(await store.use(use({ keys: 1, fingerprint: "bb" }))).toBe("taken");
    expect(await store.use(use({ keys: 1 }))).toBe("retry");
  });

  test("of a job is remembered for as long as the last token of the job is taken", async () => {
    await store.use(use());
    await store.use(use({ ids: ["jti-2", "job:302"], keptUntil: NOW + 90_000 }));
    await store.prune(NOW + 401, 0);
    expect(await store.use(use({ ids: ["jti-3", "job:302"], fingerprint: "bb" }))).toBe("taken");
  });

  test("used before the clock was set back is not answered again", async () => {
    await store.use(use());
    expect(await store.use(use({ now: NOW - 100_000 }))).toBe("over");
  });

  test("without an id is an error, and no first use", async () => {
    await expect(store.use(use({ ids: [] }))).rejects.toThrow("has an id");
  });

  test("released by the key of one issuer is not released for another", async () => {
    await store.use(use({ issuer: "other" }));
    await store.release(use());
    expect(await store.use(use({ issuer: "other" }))).toBe("retry");
  });

  test("that was refused leaves nothing behind", async () => {
    await store.use(use());
    await store.use(use({ ids: ["jti-9", "job:302"], fingerprint: "bb" }));
    expect(await store.use(use({ ids: ["jti-9"], fingerprint: "cc" }))).toBe("first");
  });

  test("is remembered until nobody takes it any more, and after a restart", async () => {
    await store.use(use());
    expect(await store.prune(NOW + 400, 0)).toBe(0);
    await store.close();
    store = openSqliteStore(join(folder, "broker.db"));
    expect(await store.use(use({ fingerprint: "bb" }))).toBe("taken");
    expect(await store.prune(NOW + 401, 0)).toBe(2);
    expect(await store.use(use({ fingerprint: "bb" }))).toBe("first");
  });
});

test("two processes with one token and two keys: one winner, each time", async () => {
  const program = `
    import { openSqliteStore } from ${JSON.stringify(join(import.meta.dirname, "../../src/broker/store/sqlite-store.ts"))};
    const store = openSqliteStore(process.argv[1]);
    for (let token = 0; token < 200; token += 1) {
      const got = await store.use({ issuer: "gitlab", ids: ["jti-" + token], fingerprint: process.argv[2], keys: 1, now: ${NOW}, keptUntil: ${NOW + 400} });
      console.log(token + " " + got);
    }`;
  const run = async (fingerprint: string) => {
    const args = ["--input-type=module", "-e", program, join(folder, "broker.db"), fingerprint];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout.on("data", (text) => (output += text));
    expect(await once(child, "close")).toEqual([0, null]);
    return output.trim().split("\n");
  };
  const results = (await Promise.all([run("aa"), run("bb"), run("cc")])).flat();
  for (let token = 0; token < 200; token += 1) {
    const own = results.filter((line) => line.startsWith(`${token} `)).map((line) => line.split(" ")[1]);
    expect(own.sort()).toEqual(["first", "taken", "taken"]);
  }
});

test("a registration belongs to the use that made it, until that is over", async () => {
  await store.use(use());
  expect(await store.findRegistration(use())).toBeUndefined();
  await store.noteRegistration(use(), 17);
  expect(await store.findRegistration(use())).toBe(17);
  expect(await store.findRegistration(use({ fingerprint: "bb" }))).toBeUndefined();
  expect(await store.findRegistration(use({ ids: ["jti-2"] }))).toBeUndefined();
  await store.release(use());
  expect(await store.findRegistration(use())).toBeUndefined();
});

test("the store knows since when it remembers, and the first pin of an environment stays", async () => {
  const { beganAt } = store;
  expect(Math.abs(beganAt - Date.now() / 1000)).toBeLessThan(600);
  expect(await store.pinFirst("app/ci", "aa")).toBe("aa");
  expect(await store.pinFirst("app/ci", "bb")).toBe("aa");
  await store.replacePin("app/ci", "bb");
  await store.close();
  store = openSqliteStore(join(folder, "broker.db"));
  expect(await store.pinFirst("app/ci", "cc")).toBe("bb");
  expect(store.beganAt).toBe(beganAt);
});

test("audit rows are found by time, rule, repository and refusal, the newest first", async () => {
  const row = (changes: Partial<AuditRow>): AuditRow => ({
    ...{ time: NOW, requestId: "r", decision: "granted", code: undefined, reason: undefined, rule: "deploy" },
    ...{
      policyHash: "h",
      issuer: "github",
      tokenId: "t",
      job: { repository: "acme/app" },
      project: "acme/app",
      fingerprint: "aa",
    },
    ...{ environments: ["production"], variables: 3, address: "10.0.0.1" },
    ...changes,
  });
  await store.record(row({ requestId: "1" }));
  await store.record(
    row({ requestId: "2", time: NOW + 1, decision: "refused", code: "policy", rule: "other" }),
  );
  await store.record(row({ requestId: "3", time: NOW + 2, rule: "first, deploy" }));
  const ids = async (filter: object) =>
    (await store.find({ limit: 10, ...filter })).map(({ requestId }) => requestId);
  expect(await ids({})).toEqual(["3", "2", "1"]);
  expect(await ids({ limit: 2 })).toEqual(["3", "2"]);
  expect(await ids({ since: NOW + 1 })).toEqual(["3", "2"]);
  expect(await ids({ rule: "deploy" })).toEqual(["3", "1"]);
  expect(await ids({ repository: "acme/app" })).toEqual(["3", "2", "1"]);
  expect(await ids({ refusedOnly: true })).toEqual(["2"]);
  expect(await ids({ rule: "x' OR 1=1 --" })).toEqual([]);
  expect(await ids({ rule: "dep" })).toEqual([]);
  await store.prune(NOW, NOW + 2);
  expect(await ids({})).toEqual(["3"]);
  expect((await store.find({ limit: 1 }))[0]).toMatchObject({
    job: { repository: "acme/app" },
    variables: 3,
  });
});
