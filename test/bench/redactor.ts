import { spawnSync } from "node:child_process";
import { closeSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { createMatcher } from "../../src/redact/matcher.ts";
import { actionRoot } from "../runner/job.ts";
import { type Claim, table } from "./report.ts";
import { median, timeOf } from "./timing.ts";

// Measures `mask` next to ripgrep on the same file and needles, as whole processes, taking turns. The output is discarded.

const counts = [10, 100, 1000, 10_000] as const;
const targets: Record<number, number> = { 10: 2, 100: 2, 1000: 3, 10000: 6 };

export interface RedactorRow {
  needles: number;
  /** MB/s */
  mask: number;
  ripgrep: number;
  /** of the index, inside the process */
  setUpMs: number;
}

/** @returns `undefined` if ripgrep is not installed */
export function benchRedactor(folder: string, rounds: number, megabytes: number): RedactorRow[] | undefined {
  if (spawnSync("rg", ["--version"]).error) return undefined;
  const random = createRandom(42);
  const all = Array.from({ length: 10_000 }, () => randomNeedle(random));
  const log = join(folder, "log");
  writeLog(log, megabytes * 1e6, random, all.slice(0, 10));
  const program = [process.execPath, join(actionRoot, "dist/index.js"), "mask", "--exact", "--values-file"];
  return counts.map((count) => {
    const needles = all.slice(0, count);
    const plain = join(folder, `needles-${count}`);
    const json = `${plain}.json`;
    writeFileSync(plain, `${needles.join("\n")}\n`);
    writeFileSync(json, JSON.stringify(needles), { mode: 0o600 });
    const mask = [...program, json];
    const rg = ["rg", "-F", "-f", plain, "--passthru", "-r", "***"];
    const times = { mask: [] as number[], rg: [] as number[] };
    for (let round = 0; round <= rounds; round += 1) {
      const [masked, replaced] = [time(mask, log), time(rg, log)];
      if (round === 0) continue; // warm-up
      times.mask.push(masked);
      times.rg.push(replaced);
    }
    const speed = (milliseconds: readonly number[]) => (megabytes / median(milliseconds)) * 1000;
    const setUpMs = median(Array.from({ length: 5 }, () => timeOf(() => createMatcher(needles))));
    return { needles: count, mask: speed(times.mask), ripgrep: speed(times.rg), setUpMs };
  });
}

export function claimsOfRedactor(rows: readonly RedactorRow[]): Claim[] {
  return rows.map(({ needles, mask, ripgrep }) => ({
    what: `mask, ${needles.toLocaleString("en")} needles`,
    measured: mask / ripgrep,
    target: targets[needles] ?? 1,
    unit: "times ripgrep's speed",
    isSpeed: true,
  }));
}

export function tableOfRedactor(rows: readonly RedactorRow[]): string {
  return table(
    ["needles", "mask, MB/s", "rg -F --passthru -r, MB/s", "ratio", "set-up, ms"],
    rows.map(({ needles, mask, ripgrep, setUpMs }) => [
      String(needles),
      mask.toFixed(0),
      ripgrep.toFixed(0),
      (mask / ripgrep).toFixed(1),
      setUpMs.toFixed(1),
    ]),
  );
}

function time([file = "", ...args]: readonly string[], log: string): number {
  const input = openSync(log, "r");
  const output = openSync("/dev/null", "w");
  const elapsed = timeOf(() => {
    const { status } = spawnSync(file, args, { stdio: [input, output, "inherit"] });
    if (status !== 0) throw new Error(`${file} ended with ${status}`);
  });
  closeSync(input);
  closeSync(output);
  return elapsed;
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const words =
  "Step running npm install node_modules added packages audited found vulnerabilities Compiling src/index.ts warning: error: test passed FAIL expected received at Object.<anonymous> (file:///builds/group/project/app.test.ts:42:17) https://packages.example.test/@scope/package/-/package-1.2.3.tgz sha512-".split(
    " ",
  );

/** 16 to 64 characters of the base64 alphabet. */
function randomNeedle(random: () => number): string {
  return Array.from(
    { length: 16 + Math.floor(random() * 49) },
    () => letters[Math.floor(random() * 64)],
  ).join("");
}

/** Lines of a CI log: words, times, look-alikes of needles, and a real one in every hundredth. */
function writeLog(path: string, size: number, random: () => number, needles: readonly string[]): void {
  const lines: string[] = [];
  let length = 0;
  while (length < 4e6) {
    const text = Array.from(
      { length: 3 + Math.floor(random() * 12) },
      () => words[Math.floor(random() * words.length)],
    );
    if (random() < 0.01) text.push(needles[Math.floor(random() * needles.length)]);
    if (random() < 0.05) text.push(randomNeedle(random));
    const line = `2026-11-20T10:12:12.${Math.floor(random() * 1e6)}Z ${text.join(" ")}\n`;
    lines.push(line);
    length += line.length;
  }
  const block = Buffer.from(lines.join(""));
  const file = openSync(path, "w");
  for (let written = 0; written < size; written += block.length)
    writeSync(file, block, 0, Math.min(block.length, size - written));
  closeSync(file);
}

/** Numerical Recipes' generator: the same log on every machine. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
