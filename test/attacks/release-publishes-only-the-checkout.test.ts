import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { actionRoot } from "../runner/job.ts";

// Attack 20: the job that publishes ran scripts out of an artifact that a job without rights had made, and had credentials while it did.

interface Step {
  name?: string;
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
}

const workflow = (name: string) =>
  parseYaml(readFileSync(join(actionRoot, ".github/workflows", name), "utf8"));
const steps: Step[] = workflow("release.yml").jobs.publish.steps;

test("npm runs no scripts, and publishes what this checkout packs", () => {
  const publishing = steps.map(({ run = "" }) => run).filter((run) => run.includes("npm publish"));
  expect(publishing).toHaveLength(1);
  expect(publishing[0]).toMatch(/npm publish \.\/lib\/npm --ignore-scripts /);
  for (const { run = "" } of steps)
    expect(run.replace(/^.*diff.*$|^.*tar -xzf release.*$/gm, "")).not.toContain("release/");
});

test("git gets no credentials before the last step, and the artifact is compared before anything is published", () => {
  for (const { uses = "", with: inputs } of steps) {
    if (uses.startsWith("actions/checkout@")) expect(inputs).toMatchObject({ "persist-credentials": false });
  }
  const index = (text: string) =>
    steps.findIndex(({ run = "", uses = "" }) => run.includes(text) || uses.includes(text));
  expect(index("diff -r built dist")).toBeGreaterThan(index("download-artifact"));
  expect(index("diff -r built dist")).toBeLessThan(index("attest-build-provenance"));
  expect(index("gh auth setup-git")).toBe(steps.length - 1);
});

test("an artifact that differs from the checkout is not published", () => {
  const compare = steps.find(({ run = "" }) => run.includes("diff -r built dist"))?.run ?? "";
  const folder = mkdtempSync(join(tmpdir(), "release-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const entry of ["dist", "src", "test", "docs", "package.json", "README.md", "LICENSE"]) {
    cpSync(join(actionRoot, entry), join(folder, entry), { recursive: true });
  }
  spawnSync("ln", ["-s", join(actionRoot, "node_modules"), join(folder, "node_modules")]);
  mkdirSync(join(folder, "lib"));
  mkdirSync(join(folder, "release"));
  const inFolder = (script: string) =>
    spawnSync("bash", ["-eo", "pipefail", "-c", script], {
      cwd: folder,
      encoding: "utf8",
      env: { ...process.env, PATH: `${join(process.execPath, "..")}:${process.env.PATH}` },
    });
  const made = inFolder(
    "node test/build/package.ts >/dev/null; node test/build/release-notes.ts >lib/release-notes.md; cp -r lib/* release/",
  );
  expect(made.stderr).toBe("");
  expect(inFolder(compare).status).toBe(0); // control
  rmSync(join(folder, "built"), { recursive: true });
  writeFileSync(
    join(folder, "release/npm/package.json"),
    JSON.stringify({ scripts: { prepublishOnly: "evil" } }),
  );
  expect(inFolder(compare).status).not.toBe(0);
});

test.each(["with-secrets.yml", "with-grant-key.yml", "doctor.yml"])(
  "%s runs the commit that it was called by",
  (name) => {
    const [job] = Object.values<{ steps: Step[] }>(workflow(name).jobs);
    const own = job?.steps.filter(({ with: inputs }) => inputs?.repository !== undefined) ?? [];
    expect(own.map(({ with: inputs }) => [inputs?.repository, inputs?.ref])).toEqual([
      ["${{ job.workflow_repository }}", "${{ job.workflow_sha }}"],
    ]);
    expect(JSON.stringify(job)).not.toContain("@v1");
    // Where the server does not know these, the caller's repository would be checked out instead.
    expect(job?.steps.find(({ run }) => run?.includes("exit 1"))).toMatchObject({
      if: "job.workflow_repository == '' || job.workflow_sha == ''",
    });
  },
);

test("no package registry is named anywhere: npm's default is right", () => {
  const { stdout } = spawnSync(
    "git",
    [
      "-C",
      actionRoot,
      "grep",
      "-lE",
      "registry\\.(npmjs|yarnpkg)|npmjs\\.(org|com)|pypi\\.org|rubygems\\.org",
    ],
    { encoding: "utf8" },
  );
  expect(
    stdout
      .split("\n")
      .filter((file) => file !== "" && file !== "test/attacks/release-publishes-only-the-checkout.test.ts"),
  ).toEqual([]);
});
