import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { deriveNeedles } from "../../src/redact/needles.ts";
import { createRedactor } from "../../src/redact/redactor.ts";

interface Vector {
  source: string;
  name: string;
  /** whether `needles` are looked for as they are, or are values whose forms are */
  level: "needle" | "value";
  needles: string[];
  chunks: string[];
  expected: string;
  expectedTouchingMerged?: string;
  addBeforeChunk?: Record<string, string[]>;
  emittedCumulative?: string[];
  encoding?: BufferEncoding;
  opts?: { min: number; minLine: number };
}

const file = process.env.REDACTION_VECTORS;
const vectors: Vector[] = file ? readVectors(file) : [];

test.skipIf(!file)("maskers' own tests, from the file in REDACTION_VECTORS", () => {
  expect(vectors.length).toBeGreaterThan(500);
});

test.for(vectors.map((vector, index) => ({ ...vector, title: `${index} ${vector.source}: ${vector.name}` })))(
  "$title",
  (vector) => {
    const decode = (text: string) => Buffer.from(text, vector.encoding ?? "utf8");
    const { min = 1, minLine = 8 } = vector.opts ?? {};
    const needles =
      vector.level === "needle"
        ? vector.needles.map(decode)
        : deriveNeedles(
            vector.needles.map((value) => decode(value).toString()),
            { value: min, part: minLine },
          );
    const expected = decode(vector.expectedTouchingMerged ?? vector.expected);
    const redactor = createRedactor(needles);
    const shown: Buffer[] = [];
    const cumulative: string[] = [];
    for (const [index, chunk] of vector.chunks.entries()) {
      redactor.add((vector.addBeforeChunk?.[index] ?? []).map(decode));
      shown.push(Buffer.concat(redactor.write(decode(chunk))));
      cumulative.push(Buffer.concat(shown).toString());
    }
    shown.push(...redactor.end());
    expect(Buffer.concat(shown).toString()).toBe(expected.toString());
    if (vector.emittedCumulative) expect(cumulative).toEqual(vector.emittedCumulative);
  },
);

function readVectors(path: string): Vector[] {
  const content = JSON.parse(readFileSync(path, "utf8"));
  return Array.isArray(content) ? content : content.cases;
}
