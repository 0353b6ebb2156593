import { expect, test } from "vitest";
import { startSession } from "../support/session.ts";

test("token, grant key, application and environment can come from SECRET_STASH_…, and with: wins", async () => {
  const session = await startSession();
  const { account, inputs, job } = session;
  const step = job.uses(
    { environment: account.environment, "api-url": `${session.server.url}///`, ttl: "7", label: "given" },
    {
      SECRET_STASH_API_TOKEN: account.apiToken,
      SECRET_STASH_APPLICATION_ID: account.applicationId,
      SECRET_STASH_ENVIRONMENT: "another",
      SECRET_STASH_GRANT_KEY: inputs["grant-key"] ?? "",
      SECRET_STASH_TTL: "9", // with: has it as well
    },
  );
  expect(await step.main()).toBe(0);
  const registration = session.requests.find(
    ({ method, url }) => method === "POST" && url === "/api/user/keys",
  );
  expect(JSON.parse(registration?.body ?? "{}")).toMatchObject({
    label: "given",
    key_type: "device",
    is_temporary: true,
    ttl_minutes: 7,
    metadata: { label: "given", platform: process.platform, temporary: true, ttl_minutes: 7 },
  });
});

test("the defaults are the protocol's: 15 minutes, and a label that names the machine", async () => {
  const session = await startSession();
  const step = session.step();
  expect(await step.main()).toBe(0);
  const registration = session.requests.find(
    ({ method, url }) => method === "POST" && url === "/api/user/keys",
  );
  const body = JSON.parse(registration?.body ?? "{}");
  expect(body.ttl_minutes).toBe(15);
  expect(body.label).toBe(`CI/CD Temporary Key (${body.metadata.hostname})`);
});
