import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

// How much of the bundles some scenario has executed. Most tests run dist/ in processes of its own, so V8 counts there (NODE_V8_COVERAGE),
// and what it counted is merged here, byte by byte. Only .ci/run asks for it, because writing it takes time.

const { BUNDLE_COVERAGE } = process.env;
if (BUNDLE_COVERAGE) mkdirSync(BUNDLE_COVERAGE, { recursive: true });

/** What a process under test gets in its environment. */
export const coverageEnvironment: Record<string, string> = BUNDLE_COVERAGE
  ? { NODE_V8_COVERAGE: BUNDLE_COVERAGE }
  : {};

const bundles = ["bundle.js", "pre.js", "post.js", "prepare-key.js"];

interface Script {
  url: string;
  functions: { ranges: { startOffset: number; endOffset: number; count: number }[] }[];
}

/** Reads what V8 wrote. @returns by bundle, how many of its characters ran, of how many */
export function mergeCoverage(folder: string, dist: string): Map<string, { ran: number; all: number }> {
  const executed = new Map<string, Uint8Array>();
  const bundlePattern = new RegExp(`/dist/(${bundles.join("|").replaceAll(".", "\\.")})$`);
  for (const file of readdirSync(folder)) {
    for (const { url, functions } of readCoverage(join(folder, file))) {
      const name = bundlePattern.exec(url)?.[1];
      if (name === undefined) continue;
      const length = readFileSync(join(dist, name), "utf8").length;
      const ranNow = new Uint8Array(length);
      // Ranges are nested, outer ones first: an inner one corrects the count of what is around it (V8, inspector protocol).
      for (const { startOffset, endOffset, count } of functions.flatMap(({ ranges }) => ranges)) {
        ranNow.fill(count > 0 ? 1 : 0, startOffset, endOffset);
      }
      const known = executed.get(name) ?? new Uint8Array(length);
      executed.set(
        name,
        known.map((ran, index) => ran | (ranNow[index] ?? 0)),
      );
    }
  }
  return new Map(
    Array.from(executed, ([name, ran]) => [
      name,
      { ran: ran.reduce((sum, one) => sum + one, 0), all: ran.length },
    ]),
  );
}

/** A process that is killed while it writes leaves half a file. */
function readCoverage(file: string): Script[] {
  try {
    return JSON.parse(readFileSync(file, "utf8")).result;
  } catch {
    return [];
  }
}

if (import.meta.main) {
  const folder = process.argv[2] ?? "";
  for (const [name, { ran, all }] of mergeCoverage(folder, join(import.meta.dirname, "../../dist"))) {
    console.log(`coverage: ${Math.round((100 * ran) / all)} % of dist/${name} ran in some scenario`);
  }
}
