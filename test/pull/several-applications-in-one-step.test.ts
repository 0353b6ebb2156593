import { expect, inject, test } from "vitest";
import { addEnvironment } from "../stash-server/seed.ts";
import { startCliSession } from "../support/cli.ts";
import { endpoints, failingMain, type Session, startSession } from "../support/session.ts";

const SHARED = "app_shared";

async function startMonorepo(): Promise<Session> {
  const session = await startSession({ variables: { A: "a of the api", B: "b of the api" } });
  addShared(session);
  return session;
}

function addShared({ server, account }: Pick<Session, "server" | "account">): void {
  const { ownerKeys, grantKeys } = inject("keys");
  server.store.addApplication(SHARED, "Shared");
  addEnvironment(
    server.store,
    SHARED,
    { environment: "production", type: "production", variables: { B: "b shared", C: "c shared" } },
    [
      { id: account.ownerKeyId, keys: ownerKeys },
      { id: account.grantKeyId ?? 0, keys: grantKeys },
    ],
  );
}

test("application/slug names another application; later ones win, and one key is registered for all", async () => {
  const session = await startMonorepo();
  const step = session.step({ environment: `${SHARED}/production, ci`, summary: "true" });
  expect(await step.main()).toBe(0);
  const { SECRET_STASH_KEY_DIR: _, ...exported } = Object.fromEntries(session.job.environment);
  expect(exported).toEqual({ A: "a of the api", B: "b of the api", C: "c shared" });
  expect(session.job.log.lines).toEqual(
    expect.arrayContaining([
      `SecretStash: 3 variables from environments ${SHARED}/production, ci of application ${session.account.applicationId}.`,
      "A, from ci",
      `B, from ci (overrides ${SHARED}/production)`,
      `C, from ${SHARED}/production`,
    ]),
  );
  expect(session.job.summary[0]).toContain("<code>app&#95;shared/production</code>");
  const asked = endpoints(session);
  expect(asked).toHaveLength(7);
  expect(asked.filter((endpoint) => endpoint === "POST /api/user/keys")).toHaveLength(1);
  expect(asked).toContain(`GET /api/applications/${SHARED}/environments/production/variables`);
});

test("application-id is not needed if every environment names its own", async () => {
  const session = await startMonorepo();
  expect(await session.step({ environment: `${SHARED}/production`, "application-id": "" }).main()).toBe(0);
  expect(session.job.environment.get("C")).toBe("c shared");
  expect(session.job.log.lines).toContain(`SecretStash: 2 variables from environment ${SHARED}/production.`);
});

test("each environment has a pin of its own, and the one that is wrong is named", async () => {
  const session = await startMonorepo();
  const cli = await startCliSession({ variables: { A: "a" } });
  addShared(cli);
  const environment = { SECRET_STASH_ENVIRONMENT: `${SHARED}/production,ci` };
  const { stdout, stderr } = await cli.run(["doctor"], { environment });
  const pins = /dek-fingerprint\s+(\S+=[0-9a-f]{64}, \S+=[0-9a-f]{64})/.exec(stdout + stderr)?.[1] ?? "";
  expect(pins).toContain(`${SHARED}/production=`);
  expect(
    (
      await cli.run(["exec", "--", "true"], {
        environment: { ...environment, SECRET_STASH_DEK_FINGERPRINT: pins },
      })
    ).code,
  ).toBe(0);
  const wrong = `ci=${"0".repeat(64)}, ${SHARED}/production=${"1".repeat(64)}`;
  expect(
    await failingMain(session, { environment: `ci, ${SHARED}/production`, "dek-fingerprint": wrong }),
  ).toMatch(/^The key \(DEK\) of environment ci is not the one .*\[DEK_REFUSED\]/);
});

test("types are asked of each application, and unknown names are those of their application", async () => {
  const session = await startMonorepo();
  const step = session.step({
    environment: `${SHARED}/production, ci`,
    "environment-types": "production, testing",
  });
  expect(await step.main()).toBe(0);
  expect(step.outputs.get("environment-type")).toBe("production,testing");
  const other = await startMonorepo();
  expect(await failingMain(other, { environment: `${SHARED}/prod` })).toMatch(
    /^Application app_shared has no environment prod\. .*It has production\. .*\[ENVIRONMENT_NOT_FOUND\]/,
  );
  expect(await failingMain(await startMonorepo(), { environment: "app_none/ci" })).toMatch(
    /^There is no application app_none for this token\. .*\[APPLICATION_NOT_FOUND\]/,
  );
});

test.each(["/ci", "app/", "a/b/c", "../ci"])("%s is no environment", async (environment) => {
  const session = await startMonorepo();
  expect(await failingMain(session, { environment })).toMatch(/- environment: line 1, ".*": is not an id\./);
});

test("the same environment under two names is refused", async () => {
  const session = await startMonorepo();
  const twice = `ci, ${session.account.applicationId}/ci`;
  expect(await failingMain(session, { environment: twice })).toMatch(
    /- environment: names one environment twice/,
  );
});
