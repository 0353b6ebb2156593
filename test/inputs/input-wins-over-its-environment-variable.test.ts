import { expect, test } from "vitest";
import { startSession } from "../support/session.ts";

test("every input can come from SECRET_STASH_…, and with: wins", async () => {
  const session = await startSession();
  const { account, inputs, job } = session;
  const step = job.uses(
    { environment: account.environment },
    {
      SECRET_STASH_API_TOKEN: account.apiToken,
      SECRET_STASH_APPLICATION_ID: account.applicationId,
      SECRET_STASH_ENVIRONMENT: "another",
      SECRET_STASH_API_URL: `${session.server.url}///`,
      SECRET_STASH_GRANT_KEY: inputs["grant-key"] ?? "",
      SECRET_STASH_TTL: "7",
      SECRET_STASH_LABEL: "from a variable",
    },
  );
  expect(await step.main()).toBe(0);
  const registration = session.requests.find(
    ({ method, url }) => method === "POST" && url === "/api/user/keys",
  );
  expect(JSON.parse(registration?.body ?? "{}")).toMatchObject({
    label: "from a variable",
    key_type: "device",
    is_temporary: true,
    ttl_minutes: 7,
    metadata: { label: "from a variable", platform: process.platform, temporary: true, ttl_minutes: 7 },
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
