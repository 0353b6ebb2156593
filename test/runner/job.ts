import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { parse as parseYaml } from "yaml";
import { coverageEnvironment } from "../support/coverage.ts";
import { parseCommandFile } from "./command-file.ts";
import { createLog, type Log } from "./log.ts";

/** docs/runner.md describes what the runner really does. That is why this file looks odd in places. */
export interface Job {
  readonly log: Log;
  readonly temp: string;
  readonly workspace: string;
  /** the job's summary page, step by step */
  readonly summary: string[];
  /** what later steps get, from `GITHUB_ENV` */
  readonly environment: Map<string, string>;
  /** A step that uses the action. */
  uses(inputs: Record<string, string>, environment?: Record<string, string>): ActionStep;
  /** A `run:` step in bash. @param outputs where the step's outputs go */
  run(script: string, outputs?: Map<string, string>): Promise<number>;
}

export interface ActionStep {
  readonly outputs: Map<string, string>;
  readonly state: Map<string, string>;
  /** The stage's exit code; 1 too when a command file cannot be parsed, `128 + n` after a signal. */
  pre(onStart?: (child: ChildProcess) => void): Promise<number>;
  main(onStart?: (child: ChildProcess) => void): Promise<number>;
  post(onStart?: (child: ChildProcess) => void): Promise<number>;
}

export const actionRoot = join(import.meta.dirname, "../..");

export interface JobOptions {
  log?: Log;
  /** where the action is */
  root?: string;
}

/** Starts a job in folders of its own, with the environment that a runner gives, and only PATH of this process. */
export function startJob(
  folder = mkdtempSync(join(tmpdir(), "runner-")),
  { log = createLog(), root = actionRoot }: JobOptions = {},
): Job {
  const environment = new Map<string, string>();
  const summary: string[] = [];
  const temp = join(folder, "_temp");
  const workspace = join(folder, "work");
  for (const path of [temp, workspace]) mkdirSync(path, { recursive: true });

  const runStage = async (
    command: readonly [string, ...string[]],
    extra: Record<string, string>,
    onStart?: (child: ChildProcess) => void,
  ) => {
    const files = mkdtempSync(join(folder, "_file_commands-"));
    const commandFiles = {
      GITHUB_ENV: join(files, "env"),
      GITHUB_OUTPUT: join(files, "output"),
      GITHUB_STATE: join(files, "state"),
      GITHUB_STEP_SUMMARY: join(files, "summary"),
    };
    for (const file of Object.values(commandFiles)) writeFileSync(file, "");
    const base = { PATH: process.env.PATH ?? "", HOME: folder, CI: "true", ...coverageEnvironment };
    // GITHUB_ENV cannot overwrite these: the runner sets them last (src/Runner.Worker/Handlers/Handler.cs).
    const own = {
      GITHUB_ACTIONS: "true",
      GITHUB_WORKSPACE: workspace,
      RUNNER_TEMP: temp,
      RUNNER_OS: "Linux",
      ...commandFiles,
    };
    const { commands } = log;
    Object.assign(commands, { state: [], outputs: [], refused: 0 });
    const code = await execute(
      command,
      workspace,
      { ...base, ...Object.fromEntries(environment), ...own, ...extra },
      log,
      onStart,
    );
    try {
      summary.push(...readSummary(commandFiles.GITHUB_STEP_SUMMARY, log));
      const read = (file: string) => parseCommandFile(readFileSync(file, "utf8"));
      // The runner reads the files when the stage is over, so they win over commands.
      const results = {
        outputs: [...commands.outputs, ...read(commandFiles.GITHUB_OUTPUT)],
        state: [...commands.state, ...read(commandFiles.GITHUB_STATE)],
      };
      for (const [name, value] of read(commandFiles.GITHUB_ENV)) {
        if (name.toUpperCase() !== "NODE_OPTIONS") environment.set(name, value);
        else log.write(`::error::Can't store ${name} output parameter using '$GITHUB_ENV' command.`);
      }
      return { code: commands.refused > 0 ? code || 1 : code, ...results };
    } catch (error) {
      log.write(`::error::${(error as Error).message}`);
      return { code: 1, outputs: [], state: [] };
    }
  };

  return {
    log,
    temp,
    workspace,
    summary,
    environment,
    uses: (inputs, stepEnvironment = {}) => {
      const outputs = new Map<string, string>();
      const state = new Map<string, string>();
      const runs = actionManifest().runs;
      const stage = async (file: string, onStart?: (child: ChildProcess) => void) => {
        const states = Object.fromEntries([...state].map(([name, value]) => [`STATE_${name}`, value]));
        const extra = { ...stepEnvironment, ...inputEnvironment(inputs), ...states };
        const result = await runStage([process.execPath, join(root, file)], extra, onStart);
        for (const [name, value] of result.outputs) outputs.set(name, value);
        for (const [name, value] of result.state) state.set(name, value);
        return result.code;
      };
      return {
        outputs,
        state,
        pre: (onStart) => stage(runs.pre, onStart),
        main: (onStart) => stage(runs.main, onStart),
        post: (onStart) => stage(runs.post, onStart),
      };
    },
    run: async (script, outputs) => {
      const result = await runStage(["bash", "-eo", "pipefail", "-c", script], {});
      for (const [name, value] of result.outputs) outputs?.set(name, value);
      return result.code;
    },
  };
}

/** src/Runner.Worker/FileCommandManager.cs, CreateStepSummaryCommand: masked line by line, and dropped when it is too large. */
function readSummary(file: string, log: Log): string[] {
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  if (text === "") return [];
  if (text.length > 1024 * 1024) {
    log.write("::error::$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of 1024k");
    return [];
  }
  return [text.split("\n").map(log.mask).join("\n")];
}

export interface ActionManifest {
  inputs: Record<string, { description: string; default?: string; required?: boolean }>;
  outputs: Record<string, { description: string }>;
  runs: { using: string; pre: string; main: string; post: string; "post-if": string };
}

let manifest: ActionManifest | undefined;

/** Read once, so that a stage that is timed is not charged for it. */
export function actionManifest(): ActionManifest {
  manifest ??= parseYaml(readFileSync(join(actionRoot, "action.yml"), "utf8")) as ActionManifest;
  return manifest;
}

/** Every declared input is set, to its default or to nothing; an undeclared one is a mistake in a test. */
function inputEnvironment(given: Record<string, string>): Record<string, string> {
  const { inputs } = actionManifest();
  for (const name of Object.keys(given)) if (!(name in inputs)) throw new Error(`Unexpected input '${name}'`);
  return Object.fromEntries(
    Object.entries(inputs).map(([name, input]) => [
      `INPUT_${name.replaceAll(" ", "_").toUpperCase()}`,
      given[name] ?? input.default ?? "",
    ]),
  );
}

async function execute(
  [file, ...args]: readonly [string, ...string[]],
  cwd: string,
  env: Record<string, string>,
  log: Log,
  onStart: ((child: ChildProcess) => void) | undefined,
): Promise<number> {
  const child = spawn(file, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  onStart?.(child);
  for (const stream of [child.stdout, child.stderr]) {
    readLines(stream.setEncoding("utf8"), log.write);
  }
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code ?? (signal === "SIGKILL" ? 137 : 143)));
  });
}

/** Lines end at LF, CR or CRLF, as in .NET; node:readline would also end them at U+2028, and cut a mask in two. */
function readLines(stream: Readable, onLine: (line: string) => void): void {
  let rest: string[] = [];
  let afterReturn = false;
  stream.on("data", (chunk: string) => {
    const text = afterReturn && chunk.startsWith("\n") ? chunk.slice(1) : chunk;
    afterReturn = chunk.endsWith("\r");
    const lines = text.split(/\r\n|\n|\r/);
    if (lines.length > 1) {
      onLine([...rest, lines[0]].join(""));
      for (const line of lines.slice(1, -1)) onLine(line);
      rest = [];
    }
    rest.push(lines.at(-1) ?? "");
  });
  stream.on("end", () => {
    const last = rest.join("");
    if (last !== "") onLine(last);
  });
}
