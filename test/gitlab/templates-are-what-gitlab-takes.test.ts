import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { createGitLabExporter } from "../../src/ci/gitlab.ts";
import type { ExporterOptions } from "../../src/ci/shell.ts";
import { readCleanUpInputs } from "../../src/inputs/clean-up.ts";
import { inputDefaults } from "../../src/inputs/defaults.ts";
import { checkNodeVersion } from "../../src/lib/node-version.ts";
import { actionManifest, actionRoot } from "../runner/job.ts";
import { instantiate, readTemplate } from "./job.ts";

// Not inputs of a component: what is secret comes from masked CI/CD variables, jobs have scripts of their own, no outputs, no summary page.
const notHere = [
  "api-token",
  "id-token",
  "grant-key",
  "run",
  "shell",
  "working-directory",
  "outputs",
  "summary",
];
const bundle = ["bundle-path", "bundle-url", "bundle-sha256", "bundle-header", "bundle-cache"];
const own: Record<string, string[]> = {
  "secret-stash": ["job-name", "mask-log", "allow-debug-trace", ...bundle],
  exec: ["job-name", "command", ...bundle],
  doctor: ["job-name", ...bundle],
};
const shells = {
  "secret-stash": ["before_script", "after_script"],
  exec: ["script"],
  doctor: ["rules", "script"],
} as const;
const given = (name: string) => (name === "exec" ? { command: "true" } : ({} as Record<string, string>));

describe.each(["secret-stash", "exec", "doctor"] as const)("templates/%s", (name) => {
  const { spec, text } = readTemplate(name);

  test("has the action's inputs, in its words", () => {
    const left = name === "secret-stash" ? notHere : [...notHere, "export-env"];
    const expected = Object.keys(inputDefaults).filter((input) => !left.includes(input));
    expect(Object.keys(spec.inputs).sort()).toEqual([...expected, ...(own[name] ?? [])].sort());
    for (const input of expected) {
      expect(spec.inputs[input]?.description, input).toBe(actionManifest().inputs[input]?.description);
      expect(spec.inputs[input]?.default, input).toBe(""); // the default is told, so that a CI/CD variable can stand in
    }
  });

  test("reads every input it declares", () => {
    for (const input of Object.keys(spec.inputs)) expect(text).toContain(`$[[ inputs.${input} ]]`);
  });

  test("has nothing global: a hidden job, its scripts, the same with an OIDC token, and nothing else", () => {
    const jobs = instantiate(name, given(name));
    const job = name === "secret-stash" ? ".secret-stash" : `.secret-stash-${name}`;
    expect(Object.keys(jobs)).toEqual([job, `${job}-broker`]);
    expect(jobs[`${job}-broker`]).toMatchObject({ extends: job });
    expect(Object.keys(Object.values(jobs)[0] ?? {}).sort()).toEqual([...shells[name]].sort());
  });

  test("asks for a token that is for the key broker alone, and only where there is one", () => {
    const address = "https://broker.acme.example";
    const [plain, withToken] = Object.values(instantiate(name, { ...given(name), "broker-url": address }));
    expect(withToken).toMatchObject({ id_tokens: { SECRET_STASH_ID_TOKEN: { aud: address } } });
    expect(plain).not.toHaveProperty("id_tokens"); // GitLab's `secrets:` finds its own only if there is no other.
  });

  test.skipIf(spawnSync("shellcheck", ["--version"]).error !== undefined)(
    "its shell passes shellcheck",
    () => {
      const [job = {}] = Object.values(instantiate(name, given(name)));
      for (const key of ["before_script", "script", "after_script"] as const) {
        const script = job[key]?.join("\n");
        if (script === undefined) continue;
        // SC1090, SC1091: what is sourced is written at run time. SC2015: A && B || C is meant. SC2016: those quotes hold Node's code.
        // SC2050: inputs are constants by then. SC2094: the pipe is deleted by who reads it. SC2034, SC2154: names are used in strings that eval reads. SC2317, SC2329: so are functions.
        const off = "SC1090,SC1091,SC2015,SC2016,SC2034,SC2154,SC2317,SC2329,SC3047,SC2050,SC2094";
        const { stdout } = spawnSync("shellcheck", ["--shell=sh", `--exclude=${off}`, "-"], {
          input: script,
          encoding: "utf8",
        });
        expect(stdout).toBe("");
      }
    },
  );
});

test("after_script reads every input of the clean-up", () => {
  const read: string[] = [];
  readCleanUpInputs((name) => {
    read.push(name);
    return "";
  }, "/");
  const [job = {}] = Object.values(instantiate("secret-stash", {}));
  const script = job.after_script?.join("\n");
  // The token comes from a CI/CD variable, and there is no summary page.
  const expected = read.filter((name) => !["api-token", "summary"].includes(name));
  expect(expected).toHaveLength(6);
  for (const name of expected)
    expect(script).toContain(`secret_stash_input ${name.toUpperCase().replaceAll("-", "_")} `);
});

test("no exported variable can overwrite what the scripts remember", () => {
  const text = readTemplate("secret-stash").text + readTemplate("exec").text;
  const used = new Set(text.match(/\bSS_\w+/g));
  const { refusedNames } = createGitLabExporter({} as ExporterOptions);
  expect([...refusedNames].sort()).toEqual([...used].sort());
});

test.each([
  ["22.20.0", 1],
  ["22.21.0", 0],
  ["23.11.0", 1],
  ["24.4.1", 1],
  ["24.5.0", 0],
  ["24.10.0", 0],
  ["25.0.0", 0],
])("Node %s passes the shell's check as it passes that of secret-stash-ci", (version, code) => {
  const folder = mkdtempSync(join(tmpdir(), "version-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const program = `#!/bin/sh\nif [ "$1" = --version ]; then echo v${version}; else echo image; fi\n`;
  writeFileSync(join(folder, "node"), program, { mode: 0o755 });
  const env = { PATH: `${folder}:/usr/bin:/bin` };
  const part = join(actionRoot, "templates/parts/node.sh");
  expect(spawnSync("sh", ["-c", `. "${part}"; secret_stash_has_node`], { env }).status).toBe(code);
  // The launcher takes the Node beside it for one that is too old.
  mkdirSync(join(folder, "runtime"));
  writeFileSync(join(folder, "runtime/node"), "#!/bin/sh\necho runtime\n", { mode: 0o755 });
  copyFileSync(join(actionRoot, "dist/secret-stash-ci"), join(folder, "secret-stash-ci"));
  const { stdout } = spawnSync(join(folder, "secret-stash-ci"), [], { env, encoding: "utf8" });
  expect(stdout).toBe(code === 0 ? "image\n" : "runtime\n");
  if (code === 0) expect(checkNodeVersion(version)).toBe(version);
  else expect(() => checkNodeVersion(version)).toThrow("too old");
});
