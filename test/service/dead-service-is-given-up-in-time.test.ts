import { expect, test } from "vitest";
import { failingMain, startSession } from "../support/session.ts";

test("one that never answers is given up at the deadline", async () => {
  const session = await startSession({
    answer: ({ url }) => (url.endsWith("/variables") ? new Promise(() => {}) : undefined),
  });
  expect(await failingMain(session, { timeout: "1" })).toMatch(
    /^The service at 127\.0\.0\.1:\d+ did not answer within 1 s, retries included\. .*raise timeout\. \[TIMED_OUT\]\n/,
  );
});

test("one that answers half and then nothing, too", async () => {
  const half = () =>
    new Response(new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from('{"data":[')) }));
  const session = await startSession({
    answer: ({ url }) => (url.endsWith("/variables") ? half() : undefined),
  });
  expect(await failingMain(session, { timeout: "1" })).toMatch(/\[TIMED_OUT\]\n/);
});

test("a refused connection says so at once, with the system's code", async () => {
  const session = await startSession();
  expect(await failingMain(session, { "api-url": "http://127.0.0.1:1" })).toMatch(
    /^The service at 127\.0\.0\.1:1 cannot be reached \(ECONNREFUSED\)\. .*HTTPS_PROXY.* \[SERVICE_UNREACHABLE\]\n/,
  );
});

test("a name that does not resolve says so", async () => {
  const session = await startSession();
  const message = await failingMain(session, { "api-url": "https://stash.invalid", timeout: "20" });
  expect(message).toMatch(
    /^The service at stash\.invalid (cannot be reached \((ENOTFOUND|EAI_AGAIN)\)|did not answer)/,
  );
});
