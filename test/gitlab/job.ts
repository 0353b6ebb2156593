import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { actionRoot } from "../runner/job.ts";
import { copyQuickBundle } from "../support/quick-action.ts";
import { type WrapperForm, wrapStage } from "./wrapper.ts";

export interface Template {
  spec: { inputs: Record<string, TemplateInput> };
  jobs: Record<string, { before_script?: string[]; script?: string[]; after_script?: string[] }>;
}

export interface TemplateInput {
  description?: string;
  default?: string | boolean;
  type?: string;
  options?: string[];
  regex?: string;
}

export function readTemplate(name: string): { text: string; spec: Template["spec"]; body: unknown } {
  const text = readFileSync(join(actionRoot, "templates", name, "template.yml"), "utf8");
  const [header, body] = parseAllDocuments(text).map((document) => document.toJS());
  return { text, spec: header.spec, body };
}

/** The component's jobs with these inputs, as GitLab makes them: interpolated in the strings of the parsed YAML. */
export function instantiate(name: string, inputs: Record<string, string>): Template["jobs"] {
  const { spec, body } = readTemplate(name);
  for (const given of Object.keys(inputs))
    if (!(given in spec.inputs)) throw new Error(`unknown input ${given}`);
  const text = JSON.stringify(body).replace(/\$\[\[ inputs\.([\w-]+) \]\]/g, (_, input: string) => {
    const value = inputs[input] ?? spec.inputs[input]?.default;
    if (value === undefined) throw new Error(`input ${input} is missing`);
    return JSON.stringify(String(value)).slice(1, -1);
  });
  return JSON.parse(text);
}

export interface GitLabJob {
  shell: string;
  form: WrapperForm;
  inputs: Record<string, string>;
  environment: Record<string, string>;
  before?: string[];
  script: string[];
  isTraced?: boolean;
  onStart?: (child: ChildProcess, log: () => string) => void;
}

export interface GitLabResult {
  code: number;
  log: string;
  afterLog: string;
  /** what stands in the temp directory when all is over */
  left: string[];
}

/** A job that extends the component, in the shells and wrappers of the runner; the log is what the runner would have got. */
export async function runGitLabJob(job: GitLabJob): Promise<GitLabResult> {
  const folder = mkdtempSync(join(tmpdir(), "gitlab-"));
  const directory = join(folder, "project");
  const temp = join(folder, "temp");
  for (const path of [directory, temp]) mkdirSync(path);
  const { TEST_KEY_POOL: pool, TEST_KEY_LOCKS: locks } = process.env;
  const quick =
    pool && locks && job.inputs["bundle-path"] === undefined
      ? copyQuickBundle(folder, pool, locks)
      : undefined;
  const bundle = quick?.dist ?? join(actionRoot, "dist");
  const template = instantiate("secret-stash", { "bundle-path": bundle, ...job.inputs });
  const { before_script = [], after_script = [] } = template[".secret-stash"] ?? {};
  const environment = {
    PATH: process.env.PATH ?? "",
    HOME: folder,
    TMPDIR: temp,
    GITLAB_CI: "true",
    CI: "true",
    CI_PROJECT_DIR: directory,
    CI_JOB_ID: "4711",
    ...job.environment,
  };
  const stage = {
    shell: job.shell,
    form: job.form,
    temporary: `${directory}.tmp`,
    directory,
    isTraced: job.isTraced ?? false,
  };
  const main = await feed(
    job.shell,
    wrapStage({ ...stage, script: [...before_script, ...(job.before ?? []), ...job.script] }),
    environment,
    job.onStart,
  );
  const after = await feed(job.shell, wrapStage({ ...stage, script: after_script }), environment);
  if (after.log.includes("the temporary key is gone")) quick?.giveBack();
  const left = readdirSync(temp);
  rmSync(folder, { recursive: true, force: true });
  return { code: main.code, log: main.log, afterLog: after.log, left };
}

const commands: Record<string, [string, ...string[]]> = {
  bash: ["bash"],
  dash: ["dash"],
  busybox: ["busybox", "ash"],
};

export function feed(
  shell: string,
  text: string,
  env: Record<string, string>,
  onStart?: GitLabJob["onStart"],
): Promise<{ code: number; log: string }> {
  const [file, ...args] = commands[shell] ?? [shell];
  const child = spawn(file, args, { env, stdio: ["pipe", "pipe", "pipe"], detached: true });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.stdin?.on("error", () => {}); // a shell that exits early leaves the rest unread
  child.stdin?.end(text);
  const log = () => Buffer.concat(chunks).toString();
  onStart?.(child, log);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) =>
      resolve({ code: code ?? (signal === "SIGTERM" ? 143 : 137), log: log() }),
    );
  });
}
