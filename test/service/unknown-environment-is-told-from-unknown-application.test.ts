import { expect, test } from "vitest";
import { failingMain, startSession } from "../support/session.ts";

test("no such environment names the ones there are", async () => {
  const session = await startSession();
  session.server.store.addEnvironment(session.account.applicationId, {
    name: "Prod",
    slug: "prod",
    type: "production",
  });
  expect(await failingMain(session, { environment: "prodd" })).toMatch(
    /^This application has no environment prodd\. Did you mean prod\? It has ci, prod\. Set environment .*\[ENVIRONMENT_NOT_FOUND\]\n/,
  );
});

test("no such application", async () => {
  const session = await startSession();
  expect(await failingMain(session, { "application-id": "app_other" })).toMatch(
    /^There is no application app_other for this token\. .*Copy application-id .*\[APPLICATION_NOT_FOUND\]\n/,
  );
});

test("the PHP client's path is tried where the Node client's is unknown", async () => {
  const session = await startSession({
    answer: ({ url }) =>
      url.endsWith("/variables") ? Response.json({ message: "No route." }, { status: 404 }) : undefined,
  });
  expect(await session.step().main()).toBe(0);
  expect(session.job.environment.get("API_KEY")).toBe("plain-secret-value");
});

test("an environment that is there without its endpoints is a service of another version", async () => {
  const session = await startSession({
    answer: ({ url }) =>
      /\/ci(\/variables)?$/.test(url) ? Response.json({ message: "No route." }, { status: 404 }) : undefined,
  });
  expect(await failingMain(session)).toMatch(
    /has an environment ci, but not the endpoints.*\[ENDPOINT_NOT_FOUND\]\n/,
  );
});

test("ids that look like paths stay ids", async () => {
  const session = await startSession();
  expect(await failingMain(session, { "application-id": "../../user/keys?x=#y" })).toMatch(
    /\[APPLICATION_NOT_FOUND\]\n/,
  );
  for (const { url } of session.requests.filter(({ url }) => url.includes("applications"))) {
    expect(url).toContain("applications/..%2F..%2Fuser%2Fkeys%3Fx%3D%23y/");
  }
});

test("a name from the server cannot be a workflow command", async () => {
  const session = await startSession();
  const slug = "x\n::set-env name=INJECTED::1\r\u001b[31m##vso[task.setvariable]";
  session.server.store.addEnvironment(session.account.applicationId, { name: "x", slug, type: "local" });
  const message = await failingMain(session, { environment: "nope\u202e::stop" });
  expect(message).toContain(
    "x\\u{a}:\\u{3a}set-env name=INJECTED:\\u{3a}1\\u{d}\\u{1b}\\u{5b}31m#\\u{23}vso",
  );
  const raw = session.job.log.raw.join("\n");
  for (const live of ["\n::set-env", "\u001b", "\u202e", "##vso"]) expect(raw).not.toContain(live);
});
