import { describe, expect, test } from "vitest";
import { runnerMasks } from "../../src/redact/runner-masks.ts";
import { createMasker } from "../runner/masker.ts";

const masksOf = (values: readonly string[]) => new Set(runnerMasks(values));

const pem = [
  "-----BEGIN KEY-----",
  "MIIEvQIBADANBgkqhkiG9w0BAQ",
  "EFAASCBKcwggSjAgEAAoIBAQC7",
  "x=",
  "-----END KEY-----",
  "",
].join("\n");

describe("what goes to the runner", () => {
  test("a single-line value is registered as it is", () => {
    expect(masksOf(["s3cr3t-value"])).toContain("s3cr3t-value");
  });

  test("a multi-line value with a short line is registered by its lines of four characters or more, not as a whole", () => {
    const masks = masksOf([pem]);
    expect(masks).toContain("MIIEvQIBADANBgkqhkiG9w0BAQ");
    expect(masks).not.toContain("x=");
    expect([...masks].filter((mask) => /[\r\n]/.test(mask))).toEqual([]);
  });

  test("a multi-line value without a short line is registered as a whole, from which the runner takes the lines", () => {
    expect(masksOf(["first line\nsecond line\n"])).toContain("first line\nsecond line");
  });

  test("a multi-line value without such a line is registered as a whole", () => {
    expect(masksOf(["{\n}\n"])).toContain("{\n}");
    expect(masksOf(["ab\n"])).toContain("ab");
  });

  test("lines are trimmed", () => {
    expect(masksOf(["a\r\n   indented line\t\r\nb"])).toContain("indented line");
  });

  test("string leaves of JSON are registered from four characters; keys, numbers and short ones are not", () => {
    const masks = masksOf([
      JSON.stringify({ user: "bob", deep: [{ key: "leaf secret", port: 54321 }], no: null }),
    ]);
    expect(masks).toContain("leaf secret");
    expect(masks).not.toContain("bob");
    expect(masks).not.toContain("deep");
    expect(masks).not.toContain("54321");
  });

  test("of the numbers of a JSON value, the first thousand from six digits up are registered", () => {
    const numbers = Array.from({ length: 1500 }, (_, index) => String(7_000_000 + index));
    const masks = masksOf([`{"list":[${numbers.join(",")}]}`]);
    expect(numbers.map((number) => masks.has(number))).toEqual(numbers.map((_, index) => index < 1000));
  });

  test("JSON nested deeper than the stack is read, and text that is not JSON is left alone", () => {
    const deep = `${"[".repeat(20_000)}"leaf secret"${"]".repeat(20_000)}`;
    expect(() => masksOf([deep, "{not json", "[", '"just a string"'])).not.toThrow();
  });

  test("the password of a URL is registered as written and decoded", () => {
    const masks = masksOf(["postgres://user:p%40ss-w0rd@db.example:5432/app"]);
    expect(masks).toContain("p%40ss-w0rd");
    expect(masks).toContain("p@ss-w0rd");
    expect(masksOf(["redis://:100%pure@host"])).toContain("100%pure");
    expect(masksOf(["https://example.test/a:b@c"])).not.toContain("b");
  });

  test("nothing is empty or white space, and each string is registered once", () => {
    const masks = masksOf(["", " ", "\n", "\t\n ", "same", "same"]);
    expect([...masks].filter((mask) => mask.trim() === "")).toEqual([]);
    expect([...masks].filter((mask) => mask === "same")).toHaveLength(1);
  });

  test("encodings too short to mean anything are left out", () => {
    expect([...masksOf(["a"])]).toEqual(["a"]);
    expect(masksOf(["true"])).not.toContain("dHJ1");
  });
});

const values = [
  "s3cr3t-value?>~",
  "pässwörd-世界",
  "corr'ect-horse",
  pem,
  `${"0123456789abcdef".repeat(8)}!`,
  '{"key":"leaf secret"}',
  "with newline\n",
];

/** How jobs print a value: a command, and the text that it writes to the log. */
const printed: [string, (value: string) => string][] = [
  ["echo", (value) => value],
  ["printf %s | base64 -w0", (value) => base64(value)],
  ["echo | base64 -w0", (value) => base64(`${value}\n`)],
  [
    "user:value in base64, at each alignment",
    (value) => ["u:", "us:", "use:"].map((user) => base64(user + value)).join("\n"),
  ],
  ["base64url", (value) => Buffer.from(value).toString("base64url")],
  ["xxd -p", (value) => Buffer.from(value).toString("hex")],
  ["upper-case hex", (value) => Buffer.from(value).toString("hex").toUpperCase()],
  ["set -x", (value) => `'${value.replaceAll("'", "'\\''")}'`],
  ["JSON.stringify", (value) => JSON.stringify([value])],
  ["encodeURIComponent", (value) => encodeURIComponent(value)],
];

describe.each(values)("%j", (value) => {
  test.each(printed)("does not show in %s", (_, print) => {
    const masker = createMasker();
    for (const mask of masksOf([value])) masker.add(mask);
    const lines = print(value).split("\n");
    const shown = lines.map((line) => masker.mask(line)).join("\n");
    expect(longestCommon(shown, lines)).toBeLessThan(8);
  });
});

test("negative control: with nothing but core.setSecret(value), hex and echo | base64 show the secret", () => {
  const masker = createMasker();
  masker.add("s3cr3t-values");
  const hex = Buffer.from("s3cr3t-values").toString("hex");
  const echoed = base64("s3cr3t-values\n");
  expect(masker.mask(`${hex} ${echoed}`)).toBe(`${hex} ${echoed}`);
});

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

/** How many characters in a row of the printed text are still there, encoded line breaks aside. */
function longestCommon(shown: string, lines: readonly string[]): number {
  const secret = shown.replaceAll(/-----(BEGIN|END)( |%20)KEY-----/g, ""); // Everybody's key has these.
  const pieces = secret.split(/\*\*\*|\n|%0A/).filter((piece) => lines.some((line) => line.includes(piece)));
  return Math.max(0, ...pieces.map((piece) => piece.length));
}
