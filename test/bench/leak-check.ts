import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scanFiles } from "../../src/leaks/scan.ts";
import { prepareSearch } from "../../src/leaks/search.ts";
import { createMatcher } from "../../src/redact/matcher.ts";
import { deriveNeedles } from "../../src/redact/needles.ts";
import type { Claim } from "./report.ts";
import { median, timeOf } from "./timing.ts";

// The leak check's search beside ripgrep, on the same tree and needles, taking turns: ours in this process, index included, ripgrep in its own.

/** @returns none if ripgrep is not installed */
export function benchLeakCheck(folder: string, rounds: number): Claim[] {
  if (spawnSync("rg", ["--version"]).error) return [];
  const tree = join(folder, "tree");
  const line = "export const name = 'some ordinary text of a source file';\n";
  for (let index = 0; index < 200; index += 1) {
    const path = join(tree, `folder-${index}`);
    mkdirSync(path, { recursive: true });
    for (let file = 0; file < 50; file += 1) writeFileSync(join(path, `file-${file}.js`), line.repeat(200));
  }
  const values = Array.from({ length: 100 }, () => randomBytes(20).toString("base64url"));
  const needles = [...deriveNeedles(values, { value: 8 })].filter((needle) => !needle.includes("\n"));
  const list = join(folder, "leak-needles");
  writeFileSync(list, needles.join("\n"));
  const longest = Math.max(...needles.map((needle) => Buffer.byteLength(needle)));
  const options = {
    changedSince: 0,
    exempt: new Set<string>(),
    endsAt: Number.POSITIVE_INFINITY,
    maxHits: 50,
  };
  const times = { ours: [] as number[], rg: [] as number[] };
  for (let round = 0; round <= rounds; round += 1) {
    const ours = timeOf(() =>
      scanFiles([tree], () => ({ matcher: createMatcher(needles), longest }), options),
    );
    const rg = timeOf(() => spawnSync("rg", ["-uuu", "-F", "-f", list, "-l", tree]));
    if (round === 0) continue; // warm-up
    times.ours.push(ours);
    times.rg.push(rg);
  }
  return [
    benchFindings(folder, rounds),
    {
      what: `leak check, 10,000 files of 11 kB, ${needles.length.toLocaleString("en")} needles`,
      measured: median(times.rg) / median(times.ours),
      target: 1,
      unit: "times the speed of rg -uuu -F -f needles -l",
      isSpeed: true,
    },
  ];
}

/** Deriving the needles of many secrets takes seconds, so a finding must not do it again. */
function benchFindings(folder: string, rounds: number): Claim {
  const secrets = Array.from({ length: 10_000 }, (_, index) => ({
    name: `NAME_${index}`,
    value: randomBytes(20).toString("base64url"),
  }));
  const options = {
    changedSince: 0,
    exempt: new Set<string>(),
    endsAt: Number.POSITIVE_INFINITY,
    maxHits: 50,
  };
  const paths = [1, 10].map((count) => {
    const path = join(folder, `findings-${count}`);
    writeFileSync(
      path,
      `${secrets
        .slice(0, count)
        .map(({ value }) => value)
        .join("\n")}\n`,
    );
    return path;
  });
  const times: number[][] = [[], []];
  for (let round = 0; round <= Math.min(rounds, 3); round += 1) {
    for (const [index, path] of paths.entries()) {
      const took = timeOf(() => {
        const search = prepareSearch(secrets);
        for (const { found } of scanFiles([path], () => search, options).hits) search.identify(found);
      });
      if (round > 0) times[index]?.push(took);
    }
  }
  return {
    what: "leak check for 10,000 secrets: ten findings against one",
    measured: median(times[1] ?? []) / median(times[0] ?? []),
    target: 1.2,
    unit: "of its time",
  };
}
