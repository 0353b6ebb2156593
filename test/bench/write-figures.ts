import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, release } from "node:os";
import { join } from "node:path";
import { replaceBetweenMarkers } from "../docs/tables.ts";
import { actionRoot } from "../runner/job.ts";
import { drawChart } from "./chart.ts";
import { type MasksRow, tableOfMasks } from "./masks.ts";
import { type RedactorRow, tableOfRedactor } from "./redactor.ts";
import { type Claim, isMet, tableOfClaims, tableOfTimes } from "./report.ts";

export interface Figures {
  claims: readonly Claim[];
  /** milliseconds of every round, by stage */
  times: ReadonlyMap<string, readonly number[]>;
  masks: readonly MasksRow[];
  redactor: readonly RedactorRow[];
}

const docs = join(actionRoot, "docs");

/** Writes `docs/performance.json`, `docs/performance.svg`, and the tables between the markers of `docs/performance.md`. */
export function writeFigures({ claims, times, masks, redactor }: Figures): void {
  const machine = {
    date: new Date().toISOString().slice(0, 10),
    processors: availableParallelism(),
    model: cpus()[0]?.model.trim() ?? "unknown",
    system: `${process.platform} ${release()}`,
    node: process.version,
  };
  const figures = {
    machine,
    claims: claims.map((claim) => ({ ...claim, isMet: isMet(claim) })),
    milliseconds: Object.fromEntries(
      Array.from(times, ([name, values]) => [name, values.map((value) => Math.round(value * 10) / 10)]),
    ),
    masks,
    redactor,
  };
  writeFileSync(join(docs, "performance.json"), `${JSON.stringify(figures, null, 2)}\n`);
  writeFileSync(join(docs, "performance.svg"), `${drawChart(times)}\n`);
  const page = join(docs, "performance.md");
  const tables: Record<string, string> = {
    machine: `${machine.date}: ${machine.model}, ${machine.processors} processors, ${machine.system}, Node ${machine.node}.`,
    claims: tableOfClaims(claims),
    times: tableOfTimes(times),
    masks: tableOfMasks(masks),
    redactor: tableOfRedactor(redactor),
  };
  const text = Object.entries(tables).reduce(
    (text, [name, content]) => replaceBetweenMarkers(text, name, content),
    readFileSync(page, "utf8"),
  );
  writeFileSync(page, text);
}
