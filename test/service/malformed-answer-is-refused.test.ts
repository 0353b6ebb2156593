import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { failingMain, type RecordedRequest, startSession } from "../support/session.ts";

const isVariables = ({ url }: RecordedRequest) => url.endsWith("/variables");

test.each<[string, () => Response, RegExp]>([
  [
    "HTML with status 200",
    () => new Response("<html>Sign in</html>", { headers: { "Content-Type": "text/html" } }),
    /A proxy or a login page may have answered instead\. .*\[RESPONSE_INVALID\]\n/,
  ],
  [
    "a compressed bomb, which nobody asked for",
    () =>
      new Response(gzipSync(Buffer.alloc(200_000_000)), {
        headers: { "Content-Encoding": "gzip", "Content-Type": "application/json" },
      }),
    /\[RESPONSE_INVALID\]\n/,
  ],
  [
    "two million variables",
    () => Response.json({ data: Array.from({ length: 2_000_000 }, (_, index) => ({ name: `V${index}` })) }),
    /\(at data, which has more than 100000 entries\).*\[RESPONSE_INVALID\]\n/,
  ],
  [
    "a list that is an object",
    () => Response.json({ data: { length: 1e9 } }),
    /\(at data\).*\[RESPONSE_INVALID\]\n/,
  ],
])("%s", async (_, answer, expected) => {
  const session = await startSession({ answer: (request) => (isVariables(request) ? answer() : undefined) });
  expect(await failingMain(session)).toMatch(expected);
  expect(session.requests.filter(isVariables)).toHaveLength(1);
});

test("what is asked for is not compressed", async () => {
  const session = await startSession();
  await session.step().main();
  expect(session.requests.map(({ headers }) => headers["accept-encoding"])).toEqual(
    session.requests.map(() => undefined),
  );
});
