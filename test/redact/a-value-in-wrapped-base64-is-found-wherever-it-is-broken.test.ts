import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { base64Inside } from "../../src/redact/encoded-forms.ts";
import { createMatcher } from "../../src/redact/matcher.ts";
import { deriveNeedles } from "../../src/redact/needles.ts";
import { createRedactor } from "../../src/redact/redactor.ts";

const VALUE = "correct-horse-battery-staple-0123456789";
const needles = deriveNeedles([VALUE]);

function redact(text: string, cuts: readonly number[] = []): string {
  const redactor = createRedactor(needles);
  const bytes = Buffer.from(text);
  const edges = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  const shown = edges
    .slice(1)
    .flatMap((end, index) =>
      redactor.write(Buffer.from(bytes.subarray(edges[index], end))).map((piece) => Buffer.from(piece)),
    );
  return Buffer.concat([...shown, ...redactor.end()]).toString();
}

const wrap = (encoded: string, width: number, lineBreak: string) =>
  encoded.replace(new RegExp(`.{${width}}(?=.)`, "g"), `$&${lineBreak}`);

/** The longest part of the encoded value that is still there. */
function longestShown(output: string, encoded: string): number {
  const text = output.replaceAll(/\s+/g, "");
  let longest = 0;
  for (let start = 0; start < encoded.length; start += 1) {
    while (text.includes(encoded.slice(start, start + longest + 1)) && start + longest < encoded.length)
      longest += 1;
  }
  return longest;
}

describe.each([
  ["base64(1)", 76, "\n"],
  ["openssl", 64, "\n"],
  ["Ruby", 60, "\n"],
  ["MIME", 76, "\r\n"],
  ["indented, as in YAML", 64, "\n    "],
])("base64 of a longer text, in the lines of %s", (_, width, lineBreak) => {
  test.each([0, 1, 2, 30, 40, 50, 57, 58, 59, 100, 200])("%i bytes before the value", (length) => {
    const before = "u".repeat(length);
    const encoded = Buffer.from(`${before}${VALUE} and more behind it`).toString("base64");
    const inside = base64Inside(Buffer.from(VALUE), length % 3);
    const text = `data: ${wrap(encoded, width, lineBreak)}\nafter\n`;
    expect(encoded).toContain(inside);
    const output = redact(text);
    expect(longestShown(output, inside)).toBeLessThan(4);
    expect(output).toContain("data: ");
    expect(output).toContain("\nafter\n");
    expect(
      redact(
        text,
        Array.from({ length: text.length }, (__, index) => index),
      ),
    ).toBe(output);
  });
});

test("hex in the lines of xxd -p, too", () => {
  const hex = Buffer.from(`user:${VALUE}`).toString("hex");
  const output = redact(wrap(hex, 60, "\n"));
  expect(longestShown(output, Buffer.from(VALUE).toString("hex"))).toBeLessThan(6);
  expect(output).toContain(Buffer.from("user:").toString("hex"));
});

test("negative control: the search without line breaks does not find it", () => {
  const encoded = wrap(Buffer.from(`${"u".repeat(50)}${VALUE}`).toString("base64"), 76, "\n");
  const lines = encoded.split("\n").map((line) => createMatcher(needles).find(Buffer.from(line)));
  expect(lines).toEqual([[], []]);
});

test.each([
  ["a long path", `/home/runner/work/${"some-folder/".repeat(5)}cor\n`],
  ["a ruler", `${"-".repeat(76)}\n`],
  ["a SHA-256", `Digest: sha256:${"0123456789abcdef".repeat(4)}\n`],
  ["a SHA-512", `${"0123456789abcdef".repeat(8)}\n`],
])("%s is shown at once, with its line break", (_, line) => {
  const redactor = createRedactor(
    deriveNeedles([VALUE, "-----BEGIN X-----\n----", "ef".repeat(20), "correct/horse"]),
  );
  expect(Buffer.concat(redactor.write(Buffer.from(line))).toString()).toBe(line);
});

test("what only indents is not held back for ever", () => {
  const redactor = createRedactor(needles);
  const line = Buffer.from(`${"u".repeat(60)}${VALUE}`)
    .toString("base64")
    .slice(0, 76);
  redactor.write(Buffer.from(`${line}\n`));
  const shown = redactor.write(Buffer.from(" ".repeat(100)));
  expect(Buffer.concat(shown).toString()).toContain(" ".repeat(100));
});

test("shorter lines are text: words on two of them are no value", () => {
  expect(redact(`${VALUE.slice(0, 20)}\n${VALUE.slice(20)}\n`)).toContain(VALUE.slice(0, 20));
});

test("the output does not depend on how the input is cut", () => {
  const piece = fc.oneof(
    fc.constant(VALUE),
    fc.string({ minLength: 1, maxLength: 90 }),
    fc.integer({ min: 0, max: 130 }).map((length) => "A".repeat(length)),
  );
  const input = fc.tuple(fc.array(piece, { maxLength: 6 }), fc.constantFrom(60, 64, 76), fc.boolean());
  fc.assert(
    fc.property(input, fc.array(fc.nat(900), { maxLength: 8 }), ([pieces, width, isEncoded], cuts) => {
      const text = pieces.join("");
      const wrapped = wrap(
        isEncoded ? Buffer.from(text).toString("base64") : text.replaceAll("\n", ""),
        width,
        "\n",
      );
      expect(redact(wrapped, cuts)).toBe(redact(wrapped));
    }),
    { numRuns: Number(process.env.PROPERTY_RUNS ?? 1000) },
  );
});
