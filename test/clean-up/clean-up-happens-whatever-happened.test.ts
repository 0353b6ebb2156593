import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { endpoints, type Session, startSession } from "../support/session.ts";

const GONE = "SecretStash: the temporary key is gone.";

test("post twice: the second run finds nothing and does not alarm anybody", async () => {
  const session = await startSession();
  const [mine, ours] = [join(session.job.workspace, ".env"), join(session.job.workspace, "ours.json")];
  writeFileSync(mine, "MINE=1\n");
  const step = session.step({ "env-file": ".env\nours.json:json" });
  await step.main();
  expect(await step.post()).toBe(0);
  expect(await step.post()).toBe(0);
  expect(session.job.log.annotations).toEqual([]);
  expect(readFileSync(mine, "utf8")).toBe("MINE=1\n");
  expect(existsSync(ours)).toBe(false);
});

test("post with no state has nothing to do", async () => {
  const session = await startSession();
  expect(await session.step().post()).toBe(0);
  expect(session.job.log.lines).toEqual(["SecretStash: nothing to clean up."]);
  expect(session.requests).toEqual([]);
});

test("post with a state that is not ours deletes nothing, warns, and does not fail the job", async () => {
  const session = await startSession();
  const step = session.step();
  step.state.set("undo", JSON.stringify({ keyDirectory: session.job.workspace, deviceKeyId: "all" }));
  expect(await step.post()).toBe(0);
  expect(session.job.log.annotations.map(({ level }) => level)).toEqual(["warning"]);
  step.state.set("undo", JSON.stringify({ keyDirectory: session.job.workspace }));
  expect(await step.post()).toBe(0);
  expect(existsSync(session.job.workspace)).toBe(true);
});

test.each<[string, (path: string, session: Session) => void]>([
  ["missing", (path) => rmSync(path, { recursive: true })],
  ["half written", (path) => rmSync(join(path, "device.json"))],
  ["holding more than we put there", (path) => mkdirSync(join(path, "deep/er"), { recursive: true })],
])("a key directory that is %s is gone afterwards", async (_, change) => {
  const session = await startSession();
  const step = session.step();
  await step.main();
  change(step.outputs.get("key-dir") ?? "", session);
  expect(await step.post()).toBe(0);
  expect(session.leftInTemp()).toEqual([]);
  expect(session.job.log.lines.at(-1)).toBe(GONE);
});

test("a link in the key directory's place is removed, its target untouched, and a warning says so", async () => {
  const session = await startSession();
  const step = session.step();
  await step.main();
  const path = step.outputs.get("key-dir") ?? "";
  const moved = join(session.job.workspace, "moved");
  renameSync(path, moved);
  symlinkSync(moved, path);
  expect(await step.post()).toBe(0);
  expect(session.leftInTemp()).toEqual([]);
  expect(readFileSync(join(moved, "device.json"), "utf8")).toContain("device_key_id");
  expect(session.job.log.annotations[0]).toMatchObject({
    level: "warning",
    message: expect.stringMatching(
      /^SecretStash clean-up: the key directory .* had been replaced .* Its key expires at \d{4}-.*Z\.$/,
    ),
  });
});

test("a service that cannot delete keys (404, 405) is fine: the key expires when its TTL is over", async () => {
  for (const status of [404, 405]) {
    const session = await startSession({
      answer: ({ method }) => (method === "DELETE" ? new Response(null, { status }) : undefined),
    });
    const step = session.step();
    await step.main();
    expect(await step.post()).toBe(0);
    expect(session.job.log.annotations).toEqual([]);
    const expiry = step.outputs.get("expires-at");
    expect(session.job.log.lines.at(-1)).toBe(
      `SecretStash: the temporary key is deleted from this machine; on the service it expires at ${expiry}.`,
    );
  }
});

test("if the service fails to delete the key, a warning tells its expiry, and the job's result does not change", async () => {
  const session = await startSession({
    answer: ({ method }) => (method === "DELETE" ? new Response("broken", { status: 500 }) : undefined),
  });
  const step = session.step();
  await step.main();
  expect(await step.post()).toBe(0);
  expect(session.leftInTemp()).toEqual([]);
  expect(session.job.log.annotations[0]?.message).toBe(
    `SecretStash clean-up: device key 3 is still registered (SERVICE_FAILED). It expires at ${step.outputs.get("expires-at")}.`,
  );
});

test("revoke: false leaves the key to its TTL", async () => {
  const session = await startSession();
  const step = session.step({ revoke: "false" });
  await step.main();
  expect(await step.post()).toBe(0);
  expect(endpoints(session)).not.toContain("DELETE /api/user/keys/ID");
  expect(session.job.log.lines.at(-1)).toMatch(
    /^SecretStash: the temporary key is deleted from this machine; on the service it expires at /,
  );
  expect(session.leftInTemp()).toEqual([]);
});

test("a registration whose answer is lost is found by its fingerprint, and goes on with that one key", async () => {
  let lost = 0;
  const session = await startSession({
    served: ({ method, url }) => {
      if (method === "POST" && url === "/api/user/keys" && lost++ === 0)
        throw new Error("the answer is lost");
    },
  });
  const step = session.step();
  expect(await step.main()).toBe(0);
  expect(endpoints(session).filter((line) => line.endsWith("user/keys"))).toEqual([
    "POST /api/user/keys",
    "GET /api/user/keys",
  ]);
  expect(session.server.store.listKeys()).toHaveLength(3);
  expect(step.outputs.get("expires-at")).toBe(session.server.store.listKeys().at(-1)?.expires_at);
  expect(await step.post()).toBe(0);
  expect(session.server.store.listKeys()).toHaveLength(2);
});

test("if it cannot be looked up either, there is a warning", async () => {
  const session = await startSession({
    answer: ({ url }) => (url === "/api/user/keys" ? Response.json({}, { status: 503 }) : undefined),
  });
  expect(await session.step().main()).toBe(1);
  expect(session.job.log.annotations[0]?.message).toBe(
    "SecretStash clean-up: a device key of this job may still be registered (SERVICE_FAILED). It expires when its TTL is over.",
  );
});

test("a later step that spoils the inputs does not keep post from its work", async () => {
  const session = await startSession();
  const environment: Record<string, string> = {};
  const step = session.step({ "env-file": ".env" }, environment);
  expect(await step.main()).toBe(0);
  Object.assign(environment, {
    SECRET_STASH_TTL: "abc",
    SECRET_STASH_TIMEOUT: "soon",
    "INPUT_APPLICATION-ID": "",
  });
  expect(await step.post()).toBe(0);
  expect(session.leftInTemp()).toEqual([]);
  expect(existsSync(join(session.job.workspace, ".env"))).toBe(false);
  expect(session.job.log.lines.at(-1)).toBe(GONE);
  expect(session.server.store.listKeys()).toHaveLength(2);
});

test("without any input left, everything on this machine is removed, and a warning names the rest", async () => {
  const session = await startSession();
  const step = session.step();
  expect(await step.main()).toBe(0);
  const blank = session.job.uses({});
  for (const [name, value] of step.state) blank.state.set(name, value);
  expect(await blank.post()).toBe(0);
  expect(session.leftInTemp()).toEqual([]);
  expect(session.job.log.annotations[0]?.message).toMatch(
    /device key 3 is still registered \(TOKEN_REFUSED\)\. It expires at /,
  );
});

test("a main that fails half way has deleted its key from the service, too", async () => {
  const session = await startSession({ variables: { PATH: "/tmp/evil" } });
  const step = session.step();
  expect(await step.main()).toBe(1);
  expect(endpoints(session).at(-1)).toBe("DELETE /api/user/keys/ID");
  expect(session.server.store.listKeys()).toHaveLength(2);
  expect(await step.post()).toBe(0);
  expect(session.job.log.lines.at(-1)).toBe("SecretStash: nothing to clean up.");
});
