import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { inputDefaults } from "../../src/inputs/defaults.ts";
import { actionManifest, actionRoot } from "../runner/job.ts";
import { instantiate, readTemplate } from "./job.ts";

// Not inputs of a component: what is secret comes from masked CI/CD variables, jobs have scripts of their own, no outputs, no summary page.
const notHere = ["api-token", "grant-key", "run", "shell", "working-directory", "outputs", "summary"];
const bundle = ["bundle-path", "bundle-url", "bundle-sha256"];
const own: Record<string, string[]> = {
  "secret-stash": ["job-name", "mask-log", "allow-debug-trace", ...bundle],
  exec: ["job-name", "command", ...bundle],
};
const shells = { "secret-stash": ["before_script", "after_script"], exec: ["script"] } as const;

describe.each(["secret-stash", "exec"] as const)("templates/%s", (name) => {
  const { spec, text } = readTemplate(name);

  test("has the action's inputs, in its words", () => {
    const left = name === "exec" ? [...notHere, "export-env"] : notHere;
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

  test("has nothing global: one hidden job, its scripts, and nothing else", () => {
    const jobs = instantiate(name, name === "exec" ? { command: "true" } : {});
    expect(Object.keys(jobs)).toEqual([name === "exec" ? ".secret-stash-exec" : ".secret-stash"]);
    expect(Object.keys(Object.values(jobs)[0] ?? {}).sort()).toEqual([...shells[name]].sort());
  });

  test.skipIf(spawnSync("shellcheck", ["--version"]).error !== undefined)(
    "its shell passes shellcheck",
    () => {
      const [job = {}] = Object.values(instantiate(name, name === "exec" ? { command: "true" } : {}));
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

test("both templates get the bundle in the same way", () => {
  const part = (name: string) =>
    /^ *SS_BUNDLE=\$\(cat[\s\S]*There is no index\.js[^\n]*$/m.exec(
      readFileSync(join(actionRoot, "templates", name, "template.yml"), "utf8"),
    )?.[0];
  expect(part("exec")).toBeDefined();
  expect(part("exec")).toBe(part("secret-stash"));
});
