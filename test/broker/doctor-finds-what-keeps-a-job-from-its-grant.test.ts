import { expect, inject, onTestFinished, test } from "vitest";
import { startBrokerFor } from "../support/broker.ts";
import { startCliSession } from "../support/cli.ts";

async function startDoctor(claims: Record<string, unknown> = {}) {
  const session = await startCliSession();
  const { gitHub, broker } = await startBrokerFor(session, inject("keys").grantKeys.privateKey, {
    onEnd: onTestFinished,
  });
  const run = (args: string[], environment: Record<string, string> = {}) =>
    session.run(["doctor", ...args], {
      environment: {
        ...{ GITHUB_ACTIONS: "true", ...gitHub.gitHubJob(claims), SECRET_STASH_BROKER_URL: broker.url },
        ...{ SECRET_STASH_API_TOKEN: "", SECRET_STASH_GRANT_KEY: "", SECRET_STASH_APPLICATION_ID: "" },
        ...environment,
      },
    });
  return { ...session, broker, run };
}

test("doctor shows the claims that a policy can name, and asks for nothing", async () => {
  const { run, broker } = await startDoctor();
  const { code, stdout, stderr } = await run([]);
  expect(stdout + stderr).toMatch(/repository_id 74.*ref refs\/heads\/main/);
  expect(stdout + stderr).toMatch(/grant.*not checked: doctor --full asks for one/);
  expect(code).toBe(0);
  expect(broker.rows()).toEqual([]);
});

test("doctor --full has a grant, and ends it", async () => {
  const { run, broker, left } = await startDoctor();
  const { code, stdout, stderr } = await run(["--full"]);
  expect(stdout + stderr).toMatch(/granted and released: ci \(testing, \d+ variables?, DEK [0-9a-f]{64}\)/);
  expect(stdout + stderr).not.toContain("plain-secret-value");
  expect(code).toBe(0);
  expect(broker.rows().map(({ decision }) => decision)).toEqual(["granted", "released"]);
  expect(left()).toEqual([]);
});

test("doctor --full of a branch that no rule names says which claim it was", async () => {
  const { run } = await startDoctor({ ref: "refs/heads/other" });
  const { code, stdout, stderr } = await run(["--full"]);
  expect(code).toBe(1);
  expect(stdout + stderr).toMatch(/\[POLICY_REFUSED\]|refused this job/);
  expect(stdout + stderr).toContain("refs/heads/other");
});

test("doctor says when the broker does not answer, and when the job has no permission", async () => {
  const { run } = await startDoctor();
  const nobody = await run([], { SECRET_STASH_BROKER_URL: "http://127.0.0.1:9", SECRET_STASH_TIMEOUT: "1" });
  expect(nobody.code).toBe(1);
  expect(nobody.stdout + nobody.stderr).toMatch(/key broker/);
  const unprivileged = await run([], {
    ACTIONS_ID_TOKEN_REQUEST_URL: "",
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: "",
  });
  expect(unprivileged.code).toBe(1);
  expect(unprivileged.stdout + unprivileged.stderr).toContain("id-token: write");
});
