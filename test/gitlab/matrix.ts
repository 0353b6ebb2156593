import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { feed, type GitLabJob, runGitLabJob } from "./job.ts";
import { type Script, scripts } from "./scripts.ts";
import { type WrapperForm, wrapperForms, wrapStage } from "./wrapper.ts";

// Each script in each shell under each wrapper, with the component and without: status and output are the same but for the masks, or the
// script says why not.

export const shells = ["bash", "dash", "busybox"].filter(
  (shell) => spawnSync(shell, shell === "busybox" ? ["true"] : ["-c", ":"]).error === undefined,
);

export interface Cell {
  script: Script;
  shell: string;
  form: WrapperForm;
}

export function allCells(): Cell[] {
  return scripts.flatMap((script) =>
    shells
      .filter((shell) => script.shells?.includes(shell) ?? true)
      .flatMap((shell) => wrapperForms.map((form) => ({ script, shell, form }))),
  );
}

/** Every third script, in shells and under wrappers that take turns: what `npm test` has time for. */
export function sampleCells(): Cell[] {
  const cells = allCells();
  return scripts
    .filter((_, index) => index % 3 === 0)
    .map((script, index) => {
      const own = cells.filter((cell) => cell.script === script);
      return own[(index * 7) % own.length] as Cell;
    });
}

const API_KEY = "sk_live_4eC39HqLyjWDarjtT1zdp7dc";
export const matrixVariables = { API_KEY };
const BEGIN = "=== the script begins ===";

/** @returns how the job with the component differs from the one without it; nothing if it does not */
export async function compare(
  { script, shell, form }: Cell,
  environment: GitLabJob["environment"],
): Promise<string[]> {
  const lines = [`echo "${BEGIN}"`, ...script.lines];
  const [without, job] = await Promise.all([
    runWithout(shell, form, lines),
    runGitLabJob({ shell, form, script: lines, inputs: { environment: "ci" }, environment }),
  ]);
  const differences: string[] = [];
  const expected = comparable(without.log.replaceAll(API_KEY, "***"));
  const got = comparable(job.log);
  if (script.differs === undefined && job.code !== without.code) {
    differences.push(`status ${job.code} instead of ${without.code}`);
  }
  if (script.differs === undefined && got !== expected) {
    differences.push(`output ${JSON.stringify(tail(got))} instead of ${JSON.stringify(tail(expected))}`);
  }
  if (job.log.includes(API_KEY)) differences.push("the value shows");
  if (job.left.length > 0) differences.push(`left over: ${job.left.join(", ")}`);
  if (!job.afterLog.includes("the temporary key is gone"))
    differences.push(`not cleaned up: ${tail(job.afterLog)}`);
  return differences;
}

async function runWithout(shell: string, form: WrapperForm, script: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), "without-"));
  const directory = join(folder, "project");
  mkdirSync(directory);
  const environment = { PATH: process.env.PATH ?? "", HOME: folder, TMPDIR: folder, API_KEY };
  const text = wrapStage({ shell, form, temporary: `${directory}.tmp`, directory, script });
  const result = await feed(shell, text, environment);
  rmSync(folder, { recursive: true, force: true });
  return result;
}

/** What the script printed: without what differs from run to run, and with both streams in an order that two pipes cannot change. */
function comparable(log: string): string {
  const text = log.slice(log.indexOf(`\n${BEGIN}`) + 1);
  return text
    .replaceAll(/\/[\w/.-]*\/(?=project)/g, "")
    .replaceAll(
      /(?:bash|sh|ash|dash|main|environment|eval)?:? ?line \d+: |^(?:bash|sh|ash|dash|main|environment): (?:\d+: )?(?:eval: )?(?:line \d+: )?/gm,
      "",
    )
    .replaceAll(/^ *\d+ (?=Killed|Terminated)/gm, "")
    .split("\n")
    .sort()
    .join("\n");
}

function tail(text: string): string {
  return text.length > 300 ? `… ${text.slice(-300)}` : text;
}
