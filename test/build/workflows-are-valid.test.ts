import { spawnSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { actionManifest, actionRoot } from "../runner/job.ts";
import { writeNpmPackage } from "./package.ts";
import { releaseNotes } from "./release-notes.ts";
import { validateAction, validateWorkflow } from "./validator.ts";

const files = globSync(".github/workflows/*.yml", { cwd: actionRoot });
const read = (file: string) => readFileSync(join(actionRoot, file), "utf8");

interface Workflow {
  on: Record<string, unknown>;
  permissions?: unknown;
  jobs: Record<string, { permissions?: object; "timeout-minutes"?: unknown; steps: { uses?: string }[] }>;
}

test("action.yml is one", () => {
  expect(validateAction(read("action.yml")).errors).toEqual([]);
  expect(validateAction("name: x\nruns: { using: node20 }").errors).not.toEqual([]); // control
});

describe.each(files)("%s", (file) => {
  const text = read(file);
  const { on, permissions, jobs } = parseYaml(text, { strict: true }) as Workflow;

  test("is a workflow", () => {
    expect(validateWorkflow(text).errors).toEqual([]);
  });

  test("has least permissions, and an end", () => {
    expect(permissions).toEqual({});
    for (const job of Object.values(jobs)) {
      expect(job.permissions).toBeDefined();
      expect(job["timeout-minutes"]).toBeDefined();
    }
    expect(on).not.toHaveProperty("pull_request_target");
  });

  test("pins others' actions by commit", () => {
    const used = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ uses }) => uses ?? []));
    for (const name of used.filter((name) => !/^(\.\/|org\/secret-stash-action@v1$)/.test(name))) {
      expect(text).toMatch(new RegExp(`${name.split("@")[0]}@[0-9a-f]{40} # v\\d`));
      expect(name).toMatch(/@[0-9a-f]{40}$/);
    }
  });

  test("puts no expression into a script, where a name could become a command", () => {
    const scripts = Object.values(jobs).flatMap(({ steps }) =>
      steps.map((step) => (step as { run?: string }).run),
    );
    for (const script of scripts) expect(script ?? "").not.toContain("${{");
  });
});

test("a workflow that is none is found", () => {
  expect(validateWorkflow("on: push\njobs: { a: { steps: [] } }").errors).not.toEqual([]);
});

test.each(["with-secrets", "with-grant-key"])("%s hands on inputs that the action has", (name) => {
  const { jobs } = parseYaml(read(`.github/workflows/${name}.yml`));
  const step = jobs[name].steps.at(-1);
  expect(Object.keys(actionManifest().inputs)).toEqual(expect.arrayContaining(Object.keys(step.with)));
});

test("with-secrets takes no secret, and may ask for the job's OIDC token", () => {
  const { on, jobs } = parseYaml(read(".github/workflows/with-secrets.yml"));
  expect(on.workflow_call).not.toHaveProperty("secrets");
  expect(jobs["with-secrets"].permissions).toEqual({ "id-token": "write", contents: "read" });
  expect(parseYaml(read(".github/workflows/with-grant-key.yml")).jobs["with-grant-key"].permissions).toEqual({
    contents: "read",
  });
});

test("the npm package runs by itself, with nothing to install beside it", () => {
  const folder = mkdtempSync(join(tmpdir(), "npm-package-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeNpmPackage(folder);
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  expect(Object.keys(manifest)).not.toEqual(expect.arrayContaining(["dependencies"]));
  expect(manifest).not.toHaveProperty("private");
  const { stdout } = spawnSync(process.execPath, [
    join(folder, manifest.bin["secret-stash-ci"]),
    "--version",
  ]);
  expect(stdout.toString().trim()).toBe(manifest.version);
});

test("what users are told to use is the major version that this is", () => {
  const { version } = JSON.parse(read("package.json"));
  const major = `v${version.split(".")[0]}`;
  for (const file of ["README.md", "docs/getting-started.md", "src/lib/errors.ts", ...files]) {
    const told = read(file).match(/org\/secret-stash-action(?:\/[\w./-]+)?(?:@|\/blob\/)v\d+/g) ?? [];
    for (const place of told) expect(place, file).toMatch(new RegExp(`${major}$`));
  }
});

test("the changelog has a section for the version, which becomes the release's notes", () => {
  const { version } = JSON.parse(read("package.json"));
  expect(releaseNotes(read("docs/CHANGELOG.md"), version).length).toBeGreaterThan(100);
  expect(() => releaseNotes(read("docs/CHANGELOG.md"), "9.9.9")).toThrow("no section 9.9.9");
});

test("forms and dependabot are YAML with what GitHub asks of them", () => {
  for (const file of globSync(".github/ISSUE_TEMPLATE/*.yml", { cwd: actionRoot })) {
    const form = parseYaml(read(file), { strict: true });
    if (file.endsWith("config.yml")) continue;
    expect([typeof form.name, typeof form.description, Array.isArray(form.body)]).toEqual([
      "string",
      "string",
      true,
    ]);
    const ids = form.body.filter(({ type }: { type: string }) => type !== "markdown");
    for (const field of ids)
      expect(field).toMatchObject({ id: expect.any(String), attributes: { label: expect.any(String) } });
  }
  expect(parseYaml(read(".github/dependabot.yml"))).toMatchObject({ version: 2 });
});
