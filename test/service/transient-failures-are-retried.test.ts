import { expect, test } from "vitest";
import { endpoints, failingMain, type RecordedRequest, startSession } from "../support/session.ts";

const isVariables = ({ url }: RecordedRequest) => url.endsWith("/variables");
const isRegistration = ({ method, url }: RecordedRequest) => method === "POST" && url === "/api/user/keys";
const isEnvelope = ({ method, url }: RecordedRequest) => method === "POST" && url.endsWith("/envelope");

test.each([408, 425, 429, 500, 502, 503, 504])("%i, twice, and then it works", async (status) => {
  let faults = 2;
  const session = await startSession({
    answer: (request) => (isVariables(request) && faults-- > 0 ? Response.json({}, { status }) : undefined),
  });
  expect(await session.step().main()).toBe(0);
  expect(session.requests.filter(isVariables)).toHaveLength(3);
});

test.each([400, 401, 403, 422, 501])("%i is tried once", async (status) => {
  const session = await startSession({
    answer: (request) => (isVariables(request) ? Response.json({}, { status }) : undefined),
  });
  await failingMain(session);
  expect(session.requests.filter(isVariables)).toHaveLength(1);
});

test("a fault that stays is given up after five attempts", async () => {
  const session = await startSession({
    answer: (request) => (isVariables(request) ? Response.json({}, { status: 500 }) : undefined),
  });
  expect(await failingMain(session)).toMatch(/\[SERVICE_FAILED\]\n/);
  expect(session.requests.filter(isVariables)).toHaveLength(5);
});

test("a connection that breaks is opened again", async () => {
  let faults = 2;
  const broken = () =>
    new Response(new ReadableStream({ start: (stream) => stream.error(new Error("broken")) }));
  const session = await startSession({
    answer: (request) => (isVariables(request) && faults-- > 0 ? broken() : undefined),
  });
  expect(await session.step().main()).toBe(0);
});

test.each<[string, () => string]>([
  ["seconds", () => "1"],
  ["an HTTP date", () => new Date(Date.now() + 2000).toUTCString()],
])("Retry-After as %s is waited for", async (_, after) => {
  let faults = 1;
  let refusedAt = 0;
  let waited = 0;
  const session = await startSession({
    answer: (request) => {
      if (!isVariables(request)) return undefined;
      waited = performance.now() - refusedAt;
      if (faults-- <= 0) return undefined;
      refusedAt = performance.now();
      return Response.json({}, { status: 429, headers: { "Retry-After": after() } });
    },
  });
  expect(await session.step().main()).toBe(0);
  expect(waited).toBeGreaterThan(900); // Not a timed test: less would mean that it did not wait.
});

test("Retry-After beyond the deadline is not waited for", async () => {
  const session = await startSession({
    answer: (request) =>
      isVariables(request) ? Response.json({}, { status: 429, headers: { "Retry-After": "61" } }) : undefined,
  });
  expect(await failingMain(session)).toMatch(/asks to wait 61 s.*\[RATE_LIMITED\]\n/);
  expect(session.requests.filter(isVariables)).toHaveLength(1);
});

test("a registration that may have worked is looked for before it is sent again: one key a session", async () => {
  let faults = 2;
  const session = await startSession({
    // The first is lost on its way there, the second on its way back.
    answer: (request) =>
      isRegistration(request) && faults-- === 2 ? Response.json({}, { status: 502 }) : undefined,
    served: (request) => {
      if (isRegistration(request) && faults === 0) throw new Error("the answer is lost");
    },
  });
  const step = session.step();
  expect(await step.main()).toBe(0);
  const registrations = endpoints(session).filter((line) => line.endsWith("user/keys"));
  const post = "POST /api/user/keys";
  expect(registrations).toEqual([post, "GET /api/user/keys", post, "GET /api/user/keys"]);
  expect(session.server.store.listKeys()).toHaveLength(3);
  await step.post();
  expect(session.server.store.listKeys()).toHaveLength(2);
});

test("a registration that the service finds there already is the one that seemed lost", async () => {
  let faults = 1;
  const session = await startSession({
    answer: (request) => {
      // The account's list is a moment behind: the key is not on it yet.
      const isFirstLook = request.method === "GET" && request.url === "/api/user/keys" && faults-- > 0;
      return isFirstLook ? Response.json({ data: [] }) : undefined;
    },
    served: (request) => {
      if (isRegistration(request) && faults === 1) throw new Error("the answer is lost");
    },
  });
  expect(await session.step().main()).toBe(0);
  expect(session.server.store.listKeys()).toHaveLength(3);
});

test("an envelope whose answer is lost is stored again: the same one, for the same key", async () => {
  let faults = 1;
  const session = await startSession({
    served: (request) => {
      if (isEnvelope(request) && faults-- > 0) throw new Error("the answer is lost");
    },
  });
  expect(await session.step().main()).toBe(0);
  const bodies = session.requests.filter(isEnvelope).map(({ body }) => body);
  expect(bodies).toHaveLength(2);
  expect(bodies[0]).toBe(bodies[1]);
});

test("the key is deleted in the end although the service stumbles", async () => {
  let faults = 2;
  const session = await startSession({
    answer: ({ method }) =>
      method === "DELETE" && faults-- > 0 ? Response.json({}, { status: 503 }) : undefined,
  });
  const step = session.step();
  await step.main();
  expect(await step.post()).toBe(0);
  expect(session.job.log.annotations).toEqual([]);
  expect(session.server.store.listKeys()).toHaveLength(2);
});

test("a registration is repeated as slowly as the service asks", async () => {
  const times: number[] = [];
  const session = await startSession({
    answer: (request) => {
      if (!isRegistration(request)) return undefined;
      times.push(performance.now());
      return times.length === 1
        ? Response.json({}, { status: 503, headers: { "Retry-After": "1" } })
        : undefined;
    },
  });
  expect(await session.step().main()).toBe(0);
  expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(900);
});

test("being asked to wait does not count as a fault: one comes after many 429", async () => {
  let calls = 0;
  const session = await startSession({
    answer: (request) => {
      if (!isVariables(request)) return undefined;
      calls += 1;
      if (calls <= 6) return Response.json({}, { status: 429, headers: { "Retry-After": "0" } });
      return calls <= 9 ? Response.json({}, { status: 500 }) : undefined;
    },
  });
  expect(await session.step().main()).toBe(0);
  expect(calls).toBe(10);
});
