import { expect, test } from "vitest";
import { compileGlob } from "../../src/select/patterns.ts";
import { failingMain, startSession } from "../support/session.ts";

// Attack 13: text that the service chooses reaches an output, or takes a pattern for ever.

test("expires-at is a date, whatever the service writes", async () => {
  const session = await startSession({
    answer: async ({ method, url, body }) => {
      if (method !== "POST" || url !== "/api/user/keys") return undefined;
      const { label, public_key } = JSON.parse(body);
      const row = session.server.store.addKey({ label, public_key, key_type: "device", expires_at: null });
      return Response.json({ data: { id: row?.id, label, expires_at: "$(touch pwned)\n::error::x" } });
    },
  });
  const step = session.step();
  const before = Date.now();
  expect(await step.main()).toBe(0);
  const expiresAt = step.outputs.get("expires-at") ?? "";
  expect(new Date(expiresAt).toISOString()).toBe(expiresAt);
  expect(Date.parse(expiresAt)).toBeGreaterThan(before + 14 * 60_000); // calculated from the TTL
});

test("a name of 200 kB is refused, and matches no pattern for ever", async () => {
  const name = `${"A_".repeat(100_000)}X`;
  const session = await startSession({
    answer: ({ url }) =>
      url.endsWith("/variables") ? Response.json({ data: [{ id: "1", name, payload: null }] }) : undefined,
  });
  const message = await failingMain(session, { variables: "*_*_*_*_*_*_*_URL?" });
  expect(message).toMatch(/\(at data\.0\.name, which has more than 255 characters\).*\[RESPONSE_INVALID\]\n/);
  // A regular expression would try 100,000^7 ways.
  expect(compileGlob("*_*_*_*_*_*_*_URL")?.match(name)).toBeUndefined();
});

test("a pattern takes what a regular expression would take: an earlier * as much as it can", () => {
  const expressions: [pattern: string, text: string, captures: string[] | undefined][] = [
    ["*_*", "a_b_c", ["a_b", "c"]],
    ["A*", "A", [""]],
    ["*A*A", "AAAA", ["AA", ""]],
    ["?*[0-9]", "x12", ["1"]],
    ["[!a]*", "ab", undefined],
    ["A*B", "AB", [""]],
    ["AB*BA", "ABA", undefined],
    ["plain", "plain", []],
  ];
  for (const [pattern, text, captures] of expressions)
    expect(compileGlob(pattern)?.match(text)).toEqual(captures);
});
