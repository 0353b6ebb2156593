import { expect, test } from "vitest";
import { failingMain, type RecordedRequest, startSession } from "../support/session.ts";

const isVariables = ({ url }: RecordedRequest) => url.endsWith("/variables");
const isRegistration = ({ method, url }: RecordedRequest) => method === "POST" && url === "/api/user/keys";
const hostileBody = {
  message: "::error::from-the-body",
  errors: { "ttl_minutes\n::set-env name=X::": ["bad"], label: [] },
};

test.each<[string, (request: RecordedRequest) => Response | undefined, RegExp]>([
  [
    "401",
    answerTo(isVariables, 401),
    /^The service does not accept api-token \(401\)\. .*\[TOKEN_REFUSED\]\n/,
  ],
  [
    "403",
    answerTo(isVariables, 403),
    /^The service refuses GET applications\/.*\/variables \(403\)\. .*\[ACCESS_REFUSED\]\n/,
  ],
  [
    "422",
    answerTo(isRegistration, 422),
    /^The service rejects POST user\/keys \(422\): ttl_minutes\\u\{a\}.*, label\. .*\[REQUEST_REJECTED\]\n/,
  ],
  [
    "429",
    answerTo(isVariables, 429, { "Retry-After": "17" }),
    /\(429\), and the service asks to wait 17 s\. .*\[RATE_LIMITED\]\n/,
  ],
  ["429 without Retry-After", answerTo(isVariables, 429), /\(429\)\. Many jobs.*\[RATE_LIMITED\]\n/],
  [
    "500",
    answerTo(isVariables, 500),
    /answered GET applications\/.* with status 500\..*\[SERVICE_FAILED\]\n/,
  ],
  [
    "a redirect",
    answerTo(isVariables, 302, { Location: "https://evil.example.test/" }),
    /redirect \(302\)\. Redirects are not followed.*\[SERVICE_REDIRECTED\]\n/,
  ],
  [
    "404 to a registration",
    answerTo(isRegistration, 404),
    /has no endpoint POST user\/keys \(404\)\..*\[ENDPOINT_NOT_FOUND\]\n/,
  ],
])("%s", async (_, answer, expected) => {
  const session = await startSession({ answer });
  const message = await failingMain(session, { timeout: "5" }); // A Retry-After beyond the timeout is not waited for.
  expect(message).toMatch(expected);
  expect(session.job.log.raw.join("\n")).not.toMatch(/from-the-body|evil\.example|^::set-env/m);
});

test.each<[string, string, RegExp]>([
  ["HTML from a captive portal", "<html>login</html>", /is not in SecretStash's format \(at its top level\)/],
  ["truncated JSON", '{"data":[{"name":"A"', /at its top level/],
  ["no body", "", /at its top level/],
  ["no data", "{}", /at data/],
  ["a wrong type", '{"data":[{"name":7,"payload":null}]}', /at data\.0\.name/],
])("%s is no answer", async (_, body, expected) => {
  const session = await startSession({
    answer: (request) => (isVariables(request) ? new Response(body) : undefined),
  });
  const message = await failingMain(session);
  expect(message).toMatch(expected);
  expect(message).toMatch(/\[RESPONSE_INVALID\]\n/);
});

test("surplus fields are nobody's business", async () => {
  const session = await startSession({
    answer: (request) =>
      isVariables(request)
        ? Response.json({ data: [{ name: "A", payload: null, more: 1 }], links: {} })
        : undefined,
  });
  expect(await session.step().main()).toBe(0);
  expect(session.job.environment.get("A")).toBe("");
});

test("a token that the service really refuses", async () => {
  const session = await startSession();
  expect(await failingMain(session, { "api-token": "sst_another" })).toMatch(/\[TOKEN_REFUSED\]\n/);
});

test("a limit that is really used up", async () => {
  const session = await startSession({ requestsPerMinute: 1 });
  expect(await failingMain(session)).toMatch(/asks to wait \d+ s.*\[RATE_LIMITED\]\n/);
});

function answerTo(
  matches: (request: RecordedRequest) => boolean,
  status: number,
  headers: Record<string, string> = {},
) {
  return (request: RecordedRequest) =>
    matches(request) ? Response.json(hostileBody, { status, headers }) : undefined;
}
