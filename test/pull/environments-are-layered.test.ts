import { expect, inject, test } from "vitest";
import { addEnvironment } from "../stash-server/seed.ts";
import { grantAsOwner } from "../support/grants.ts";
import { endpoints, failingMain, type Session, startSession } from "../support/session.ts";

async function startLayered(): Promise<Session> {
  const session = await startSession({ variables: { A: "a of ci", B: "b of ci" } });
  const { ownerKeys, grantKeys } = inject("keys");
  addEnvironment(
    session.server.store,
    session.account.applicationId,
    { environment: "shared", type: "development", variables: { B: "b of shared", C: "c of shared" } },
    [
      { id: session.account.ownerKeyId, keys: ownerKeys },
      { id: session.account.grantKeyId ?? 0, keys: grantKeys },
    ],
  );
  return session;
}

test("later ones win, one key gets access to each, and the summary says what came from where", async () => {
  const session = await startLayered();
  const step = session.step({ environment: "shared, ci" });
  expect(await step.main()).toBe(0);
  const { SECRET_STASH_KEY_DIR: _, ...exported } = Object.fromEntries(session.job.environment);
  expect(exported).toEqual({ A: "a of ci", B: "b of ci", C: "c of shared" });
  expect(session.job.log.lines).toEqual(
    expect.arrayContaining(["A, from ci", "B, from ci (overrides shared)", "C, from shared"]),
  );
  // Two lists, two envelopes of the grant key, one registration, two grants.
  expect(endpoints(session)).toHaveLength(7);
  expect(endpoints(session).filter((endpoint) => endpoint === "POST /api/user/keys")).toHaveLength(1);
  expect(step.outputs.has("environment-type")).toBe(false);
});

test("without a grant key, each envelope that is already there is opened", async () => {
  const layered = await startLayered();
  // Every key that asks for an envelope is granted all of them first, as a service with automatic grants would.
  const session = await startSession({
    grant: false,
    variables: { A: "a of ci" },
    answer: ({ url }) => {
      const id = /envelope\?device_key_id=(\d+)/.exec(url)?.[1];
      if (id !== undefined)
        for (const slug of ["ci", "shared"]) grantAsOwner(session, Number(id), undefined, slug);
      return undefined;
    },
  });
  addEnvironment(
    session.server.store,
    session.account.applicationId,
    { environment: "shared", type: "testing", variables: { C: "c of shared" } },
    [{ id: session.account.ownerKeyId, keys: inject("keys").ownerKeys }],
  );
  expect(await session.step({ environment: "shared, ci" }).main()).toBe(0);
  expect(Object.fromEntries(session.job.environment)).toMatchObject({ A: "a of ci", C: "c of shared" });
  expect(layered.requests).toEqual([]);
});

test("a variable that does not decrypt is named with its environment", async () => {
  const session = await startLayered();
  session.server.store.saveVariable(2, "C", JSON.stringify({ v: 1 }));
  expect(await failingMain(session, { environment: "shared, ci" })).toMatch(
    /cannot be decrypted: C of shared\./,
  );
});

test("ten thousand variables, renamed, half of them shown", async () => {
  const names = Array.from({ length: 10_000 }, (_, index) => `NAME_${index}`);
  const session = await startSession({
    variables: Object.fromEntries(names.map((name) => [name, `value of ${name}`])),
  });
  const step = session.step({ variables: "NAME_* as X_*", unmasked: "X_*[02468]", "export-env": "false" });
  expect(await step.main()).toBe(0);
  expect(step.outputs.get("count")).toBe("10000");
});

test("in the opposite order, the other one wins", async () => {
  const session = await startLayered();
  expect(await session.step({ environment: "ci\nshared" }).main()).toBe(0);
  expect(session.job.environment.get("B")).toBe("b of shared");
});

test("one that does not exist is named", async () => {
  const session = await startLayered();
  expect(await failingMain(session, { environment: "shared, nope" })).toMatch(
    /^This application has no environment nope\. It has ci, shared\..*\[ENVIRONMENT_NOT_FOUND\]\n/,
  );
});

test("environment-types refuses others before anything is pulled, and fills the output", async () => {
  const session = await startLayered();
  const message = await failingMain(session, { environment: "shared, ci", "environment-types": "testing" });
  expect(message).toMatch(
    /allows only testing, and shared is development\. .*\[ENVIRONMENT_TYPE_REFUSED\]\n/,
  );
  expect(endpoints(session)).toEqual(["GET /api/applications/APP/environments"]);

  const step = session.step({ environment: "shared, ci", "environment-types": "testing, development" });
  expect(await step.main()).toBe(0);
  expect(step.outputs.get("environment-type")).toBe("development,testing");
});

test("environment-types lists the environments if one does not exist", async () => {
  const session = await startLayered();
  const message = await failingMain(session, { environment: "nope", "environment-types": "testing" });
  expect(message).toMatch(/It has ci, shared\..*\[ENVIRONMENT_NOT_FOUND\]\n/);
});

test("references are resolved over all layers, chosen or not, and what they bring in is masked", async () => {
  const session = await startSession({
    variables: {
      HOST: "db.internal.test",
      PASSWORD: "db-s3cr3t",
      URL: "postgres://app:${PASSWORD}@${HOST}/app",
      RAW: "$${HOST}",
    },
  });
  const step = session.step({ variables: "URL, RAW", "resolve-references": "true" });
  expect(await step.main()).toBe(0);
  expect(session.job.environment.get("URL")).toBe("postgres://app:db-s3cr3t@db.internal.test/app");
  expect(session.job.environment.get("RAW")).toBe("${HOST}");
  expect(session.job.environment.has("PASSWORD")).toBe(false);
  session.job.log.write("> db-s3cr3t");
  expect(session.job.log.lines.at(-1)).toBe("> ***");
});

test("without resolve-references a value is what is stored", async () => {
  const session = await startSession({ variables: { URL: "${HOST} $${HOST}" } });
  expect(await session.step().main()).toBe(0);
  expect(session.job.environment.get("URL")).toBe("${HOST} $${HOST}");
});

test("a reference to nothing shows the chain of names, and no value", async () => {
  const session = await startSession({ variables: { A: "hidden ${B}", B: "hidden ${NOPE}" } });
  const message = await failingMain(session, { "resolve-references": "true" });
  expect(message).toMatch(/: A -> B -> NOPE: the last name does not exist\..*\[REFERENCES_UNRESOLVED\]\n/);
  expect(message).not.toContain("hidden");
});
