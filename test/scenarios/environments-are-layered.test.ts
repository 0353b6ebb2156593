import { expect, inject, test } from "vitest";
import { addEnvironment } from "../stash-server/seed.ts";
import { endpoints, failingMain, type Session, startSession } from "./session.ts";

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

test("later ones win, one key is granted each, and the summary says what came from where", async () => {
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

test("the other way round, the other one wins", async () => {
  const session = await startLayered();
  expect(await session.step({ environment: "ci\nshared" }).main()).toBe(0);
  expect(session.job.environment.get("B")).toBe("b of shared");
});

test("one that is not there is named", async () => {
  const session = await startLayered();
  expect(await failingMain(session, { environment: "shared, nope" })).toMatch(
    /^There is no environment nope .*It has ci, shared\..*\[ENVIRONMENT_NOT_FOUND\]$/,
  );
});

test("environment-types refuses others before anything is pulled, and fills the output", async () => {
  const session = await startLayered();
  const message = await failingMain(session, { environment: "shared, ci", "environment-types": "testing" });
  expect(message).toMatch(
    /allows testing alone, and shared is development\. .*\[ENVIRONMENT_TYPE_REFUSED\]$/,
  );
  expect(endpoints(session)).toEqual(["GET /api/applications/APP/environments"]);

  const step = session.step({ environment: "shared, ci", "environment-types": "testing, development" });
  expect(await step.main()).toBe(0);
  expect(step.outputs.get("environment-type")).toBe("development,testing");
});

test("environment-types names the environments there are when one is not", async () => {
  const session = await startLayered();
  const message = await failingMain(session, { environment: "nope", "environment-types": "testing" });
  expect(message).toMatch(/It has ci, shared\..*\[ENVIRONMENT_NOT_FOUND\]$/);
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
  const session = await startSession({ variables: { A: "secret ${B}", B: "secret ${NOPE}" } });
  const message = await failingMain(session, { "resolve-references": "true" });
  expect(message).toMatch(/: A -> B -> NOPE: the last name is not there\..*\[REFERENCES_UNRESOLVED\]$/);
  expect(message).not.toContain("secret");
});
