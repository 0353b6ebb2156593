import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { scanFiles } from "../../src/leaks/scan.ts";
import { createMatcher } from "../../src/redact/matcher.ts";

const CHUNK = 1024 * 1024;
const needles = ["needle-one", "two\nlines", "third-one"];

test("around the edges of chunks, beside a plain search", () => {
  const folder = mkdtempSync(join(tmpdir(), "scan-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "file");
  const random = createRandom(7);
  const options = {
    changedSince: 0,
    exempt: new Set<string>(),
    endsAt: Number.POSITIVE_INFINITY,
    maxHits: 1000,
  };
  for (let round = 0; round < 60; round += 1) {
    const text = Buffer.alloc(2 * CHUNK + 5000, "x");
    for (let at = 0; at < text.length; at += 1 + Math.floor(random() * 40)) text[at] = 10;
    for (let count = 0; count < 8; count += 1) {
      const edge = CHUNK * (1 + Math.floor(random() * 2));
      text.write(needles[count % 3] ?? "", edge - 100 + Math.floor(random() * 200));
    }
    writeFileSync(path, text);
    const { hits } = scanFiles([folder], () => ({ matcher: createMatcher(needles), longest: 12 }), options);
    expect(hits.map(({ line, column, found }) => `${line}:${column} ${found}`)).toEqual(
      plainSearch(text.toString()),
    );
  }
});

function plainSearch(text: string): string[] {
  const found: string[] = [];
  for (const match of text.matchAll(/needle-one|two\nlines|third-one/g)) {
    const before = text.slice(0, match.index).split("\n");
    found.push(`${before.length}:${(before.at(-1)?.length ?? 0) + 1} ${match[0]}`);
  }
  return found;
}

/** The same numbers every time: Lehmer's generator. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}
