import { expect, inject, test } from "vitest";
import { grantAsOwner } from "../support/grants.ts";
import { endpoints, type Session, startSession } from "../support/session.ts";

const VARIABLES = "GET /api/applications/APP/environments/ci/variables";
const ENVELOPE = "/api/applications/APP/environments/ci/envelope";

test("four with a grant key given with its id", async () => {
  const session = await startSession();
  expect(await session.step().main()).toBe(0);
  expect(endpoints(session).sort()).toEqual(
    [VARIABLES, `GET ${ENVELOPE}?device_key_id=ID`, "POST /api/user/keys", `POST ${ENVELOPE}`].sort(),
  );
});

test("five with a grant key that must be found by its fingerprint", async () => {
  const session = await startSession();
  expect(await session.step({ "grant-key": inject("keys").grantKeys.privateKey }).main()).toBe(0);
  expect(endpoints(session)).toHaveLength(5);
  expect(endpoints(session)).toContain("GET /api/user/keys");
});

test("three with an envelope that is already there", async () => {
  const session: Session = await startSession({
    grant: false,
    answer: ({ method, url }) => {
      const id = /envelope\?device_key_id=(\d+)/.exec(url)?.[1];
      if (method === "GET" && id !== undefined) grantAsOwner(session, Number(id));
      return undefined;
    },
  });
  expect(await session.step().main()).toBe(0);
  expect(endpoints(session)).toHaveLength(3);
  expect(session.job.environment.get("API_KEY")).toBe("plain-secret-value");
});

test("post adds one: the key's deletion", async () => {
  const session = await startSession();
  const step = session.step();
  await step.main();
  expect(await step.post()).toBe(0);
  expect(endpoints(session).slice(4)).toEqual(["DELETE /api/user/keys/ID"]);
  expect(session.server.store.listKeys().map(({ label }) => label)).toEqual([
    "owner's laptop",
    "CI grant key",
  ]);
});

test("nothing is ever posted to envelopes in bulk, and no other key's envelope changes", async () => {
  const session = await startSession();
  const step = session.step();
  const { store } = session.server;
  const before = [1, 2].map((id) => store.findEnvelope(1, id));
  await step.main();
  expect([1, 2].map((id) => store.findEnvelope(1, id))).toEqual(before);
  const audit = session.server.store.listAudit().map(({ action, subject }) => `${action} ${subject}`);
  const id = step.outputs.get("device-key-id");
  expect(audit.filter((line) => line.startsWith("envelope.grant"))).toEqual([`envelope.grant ci/${id}`]);
});
