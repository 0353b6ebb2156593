import fc from "fast-check";
import { expect, test } from "vitest";
import { describeError, StashError } from "../../src/lib/errors.ts";
import { listNames, printable } from "../../src/lib/printable.ts";

test.each([
  ["plain name_1", "plain name_1"],
  ["2026-11-20T23:35:04Z", "2026-11-20T23:35:04Z"],
  ["::add-mask::x", "\\u{3a}\\u{3a}add-mask:\\u{3a}x"],
  ["##[error]x", "#\\u{23}\\u{5b}error\\u{5d}x"],
  ["a\nb\rc\u001b[0m", "a\\u{a}b\\u{d}c\\u{1b}\\u{5b}0m"],
  ["é🌍", "\\u{e9}\\u{1f30d}"],
  ["", '""'],
])("%j is shown as %j", (text, shown) => {
  expect(printable(text)).toBe(shown);
});

test("property: nothing printable can start a command, move a cursor or end a line", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(printable(text)).toMatch(/^[\x20-\x7e…]*$/);
      expect(printable(text)).not.toMatch(/::|^:|##|\[/);
    }),
    { numRuns: 1000 },
  );
});

test("long texts and long lists are cut", () => {
  expect(printable("x".repeat(1000))).toHaveLength(121);
  expect(listNames(["A", "B", "C"], 2)).toBe("A, B and 1 more");
});

test("a StashError shows its message and its code", () => {
  expect(describeError(new StashError("TIMED_OUT", "It took too long."))).toEqual({
    title: "SecretStash: TIMED_OUT",
    message:
      "It took too long. [TIMED_OUT]\nhttps://github.com/org/secret-stash-action/blob/v1/docs/errors.md#timed_out",
  });
});

test("any other error shows its frames, never its message, which may quote its input", () => {
  let thrown: unknown;
  try {
    JSON.parse("plain-secret-value");
  } catch (error) {
    thrown = error;
  }
  expect((thrown as Error).message).toContain("plain-se"); // negative control: Node does quote it
  const { message } = describeError(thrown);
  expect(message).toMatch(
    /because of a bug \(SyntaxError, unknown error\).*\[INTERNAL\]\nhttps:\S+#internal\n {4}at /,
  );
  expect(message).not.toContain("plain-se");
  expect(describeError("a thrown string").message).not.toContain("a thrown string");
});
