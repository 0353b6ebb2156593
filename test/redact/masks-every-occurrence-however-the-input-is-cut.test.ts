import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRedactor } from "../../src/redact/redactor.ts";

const runs = Number(process.env.PROPERTY_RUNS ?? 1000);

const cases: { name: string; needles: string[]; input: string; output: string }[] = [
  { name: "nothing to hide", needles: [], input: "plain", output: "plain" },
  { name: "an empty needle", needles: [""], input: "plain", output: "plain" },
  { name: "one occurrence", needles: ["secret"], input: "a secret b", output: "a *** b" },
  { name: "the whole input", needles: ["secret"], input: "secret", output: "***" },
  { name: "touching occurrences", needles: ["secret"], input: "secretsecret!", output: "***!" },
  { name: "a needle of one byte", needles: ["q"], input: "quick, quiet", output: "***uick, ***uiet" },
  { name: "a repeated beginning", needles: ["aab"], input: "aaab", output: "a***" },
  { name: "overlapping needles", needles: ["abcd", "bcdef"], input: "x abcdef y", output: "x *** y" },
  { name: "a chain of overlaps", needles: ["aa"], input: "baaaaab", output: "b***b" },
  {
    name: "a needle inside another",
    needles: ["token", "my-token-1"],
    input: "my-token-1 token",
    output: "*** ***",
  },
  {
    name: "the shorter when the longer is not there",
    needles: ["abc", "abcdefgh12"],
    input: "abcdefgh",
    output: "***defgh",
  },
  {
    name: "an end that only begins a needle",
    needles: ["secret-value"],
    input: "x secret-val",
    output: "x secret-val",
  },
  {
    name: "needles of many lengths",
    needles: ["1", "22", "333", "4444", "55555555", "666666666666"],
    input: "0 1 22 333 4444 55555555 666666666666",
    output: "0 *** *** *** *** *** ***",
  },
  { name: "lines", needles: ["one\ntwo"], input: "> one\ntwo\n", output: "> ***\n" },
  { name: "masks in the input", needles: ["x*"], input: "***x***", output: "********" },
];

describe.each(cases)("$name", ({ needles, input, output }) => {
  test("in one write", () => expect(redact(needles, [input])).toBe(output));
  test("byte by byte", () => expect(redact(needles, [...input])).toBe(output));
  test("in random writes", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(input.length), { maxLength: 6 }), (cuts) => {
        expect(redact(needles, cutAt(Buffer.from(input), cuts))).toBe(output);
      }),
      { numRuns: 50 },
    );
  });
});

// Over a few letters, overlaps and repetitions are the rule.
const text = (maxLength: number) =>
  fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength }).map((letters) => Buffer.from(letters));
const bytes = fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array));

test.each([
  ["short needles", text(5), text(60)],
  ["long needles", text(24), text(200)],
  ["needles that are pieces of the input", text(60), text(60)],
  ["bytes of every kind", bytes, bytes],
])("finds what a plain search finds: %s", (_, needle, input) => {
  fc.assert(
    fc.property(
      fc.array(needle, { maxLength: 8 }),
      input,
      fc.array(fc.nat(200), { maxLength: 8 }),
      fc.array(fc.tuple(fc.nat(200), fc.integer({ min: 1, max: 30 })), { maxLength: 4 }),
      (needles, whole, cuts, pieces) => {
        const all = [...needles, ...pieces.map(([start, length]) => whole.subarray(start, start + length))];
        const shown = redactBytes(all, cutAt(whole, cuts));
        expect(shown.toString("latin1")).toBe(plainlyRedacted(all, whole).toString("latin1"));
      },
    ),
    { numRuns: runs },
  );
});

test("many long needles, for which wider grams are sampled, are found among look-alikes", () => {
  fc.assert(
    fc.property(fc.integer(), fc.array(fc.nat(400), { minLength: 1, maxLength: 20 }), (seed, chosen) => {
      const needles = Array.from({ length: 401 }, (_, index) => Buffer.from(`secret-${seed}-${index}-tail`));
      const whole = Buffer.concat(
        chosen.flatMap((index) => [needles[index] ?? "", `secret-${index} `].map((x) => Buffer.from(x))),
      );
      expect(redactBytes(needles, cutAt(whole, chosen)).toString()).toBe(
        plainlyRedacted(needles, whole).toString(),
      );
    }),
    { numRuns: 50 },
  );
});

test("text with which no needle can begin is shown at once, and nothing else", () => {
  const redactor = createRedactor(["secret"]);
  expect(textOf(redactor.write(Buffer.from("begin sec")))).toBe("begin ");
  expect(textOf(redactor.write(Buffer.from("ond secr")))).toBe("second ");
  expect(textOf(redactor.write(Buffer.from("et")))).toBe("***");
  expect(textOf(redactor.write(Buffer.from("s")))).toBe("");
  expect(textOf(redactor.end())).toBe("s");
});

test("a needle that is learnt applies to what is held back, too", () => {
  const redactor = createRedactor(["abcdef"]);
  expect(textOf(redactor.write(Buffer.from("xabc")))).toBe("x");
  redactor.add(["bcd"]);
  expect(textOf(redactor.write(Buffer.from("d")))).toBe("");
  expect(textOf(redactor.end())).toBe("a***");
});

test("needles that can be iterated only once are not forgotten when another is learnt", () => {
  const redactor = createRedactor(new Set(["abcdef"]).values());
  redactor.add(["zzzzzz"]);
  expect(textOf(redactor.write(Buffer.from("abcdef zzzzzz ")))).toBe("*** *** ");
});

test("the memory of a chunk can be reused at once", () => {
  const redactor = createRedactor(["secret"]);
  const chunk = Buffer.from("a sec");
  redactor.write(chunk);
  chunk.fill("X");
  expect(textOf(redactor.write(Buffer.from("ret b")))).toBe("*** b");
});

test("negative control: without the needle, the secret shows", () => {
  expect(redact(["other"], ["a secret b"])).toBe("a secret b");
});

function redact(needles: readonly string[], chunks: readonly (string | Buffer)[]): string {
  return redactBytes(
    needles.map((needle) => Buffer.from(needle)),
    chunks.map((chunk) => Buffer.from(chunk as string)),
  ).toString();
}

function redactBytes(needles: readonly Buffer[], chunks: readonly Buffer[]): Buffer {
  const redactor = createRedactor(needles);
  return Buffer.concat([...chunks.map((chunk) => Buffer.concat(redactor.write(chunk))), ...redactor.end()]);
}

function textOf(pieces: readonly Buffer[]): string {
  return Buffer.concat(pieces).toString();
}

function cutAt(whole: Buffer, cuts: readonly number[]): Buffer[] {
  const ends = [...cuts.filter((cut) => cut < whole.length), whole.length].sort((a, b) => a - b);
  return ends.map((end, index) => whole.subarray(ends[index - 1] ?? 0, end));
}

/** Finds all occurrences, merges those that overlap or touch, and replaces them: slow, and simple enough to be right. */
function plainlyRedacted(needles: readonly Buffer[], whole: Buffer): Buffer {
  const hidden = new Array<boolean>(whole.length).fill(false);
  for (const needle of needles.filter(({ length }) => length > 0)) {
    for (let at = whole.indexOf(needle); at >= 0; at = whole.indexOf(needle, at + 1)) {
      hidden.fill(true, at, at + needle.length);
    }
  }
  const shown = [...whole].flatMap((byte, index) => {
    if (!hidden[index]) return [byte];
    return hidden[index - 1] ? [] : [...Buffer.from("***")];
  });
  return Buffer.from(shown);
}
