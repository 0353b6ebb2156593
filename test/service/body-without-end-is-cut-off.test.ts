import { expect, test } from "vitest";
import { failingMain, startSession } from "../support/session.ts";

test("at 64 MB", async () => {
  const chunk = Buffer.alloc(1024 * 1024, " ");
  const endless = () => new Response(new ReadableStream({ pull: (controller) => controller.enqueue(chunk) }));
  const session = await startSession({
    answer: ({ url }) => (url.endsWith("/variables") ? endless() : undefined),
  });
  expect(await failingMain(session)).toMatch(
    /^The service's answer is larger than 64 MB.*\[RESPONSE_INVALID\]\n/,
  );
});
