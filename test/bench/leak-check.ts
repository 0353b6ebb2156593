import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scanFiles } from "../../src/leaks/scan.ts";
import { createMatcher } from "../../src/redact/matcher.ts";
import { deriveNeedles } from "../../src/redact/needles.ts";
import type { Claim } from "./report.ts";
import { median, timeOf } from "./timing.ts";

// The leak check's search beside ripgrep, on the same tree and needles, taking turns: ours in this process, index included, ripgrep in its own.

/** @returns none where ripgrep is not installed */
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
    {
      what: `leak check, 10,000 files of 11 kB, ${needles.length.toLocaleString("en")} needles`,
      measured: median(times.rg) / median(times.ours),
      target: 1,
      unit: "times the speed of rg -uuu -F -f needles -l",
      isSpeed: true,
    },
  ];
}
