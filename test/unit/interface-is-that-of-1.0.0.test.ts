import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { commands, isCommandName } from "../../src/cli/commands.ts";
import { exitCodeOf, exitCodes } from "../../src/cli/exit-code.ts";
import { inputDefaults } from "../../src/inputs/defaults.ts";
import { type ErrorCode, StashError } from "../../src/lib/errors.ts";
import { actionManifest, actionRoot } from "../runner/job.ts";

// What users rely on, as it was in version 1.0.0. A later version may add to it, and takes nothing away, but what cannot be made safe: Node
// itself reads a flag --env-file (src/cli/flags.ts).
const unsafe = ["env-file"];

const released = JSON.parse(readFileSync(join(import.meta.dirname, "interface-1.0.0.json"), "utf8"));

test("inputs, with their defaults", () => {
  expect(inputDefaults).toMatchObject(released.inputs);
  expect(Object.keys(actionManifest().inputs)).toEqual(expect.arrayContaining(Object.keys(released.inputs)));
});

test("outputs", () => {
  expect(Object.keys(actionManifest().outputs)).toEqual(expect.arrayContaining(released.outputs));
});

test("commands, with the flags that take a value and those that do not", async () => {
  for (const [name, { values, switches }] of Object.entries<Record<string, string[]>>(released.commands)) {
    if (!isCommandName(name)) throw new Error(`there is no command ${name}`);
    const { flags } = await commands[name].load();
    const now = Object.groupBy(Object.keys(flags), (flag) =>
      flags[flag]?.value === undefined ? "switches" : "values",
    );
    expect(now.values ?? [], name).toEqual(
      expect.arrayContaining((values ?? []).filter((flag) => !unsafe.includes(flag))),
    );
    expect(now.switches ?? [], name).toEqual(expect.arrayContaining(switches ?? []));
  }
});

test("exit codes, and error codes with the exit code of each", () => {
  expect(exitCodes).toEqual(released.exitCodes);
  const source = readFileSync(join(actionRoot, "src/lib/errors.ts"), "utf8");
  const codes = Array.from(source.matchAll(/^ {2}\| "(\w+)"/gm), ([, code = ""]) => code);
  expect(codes).toEqual(expect.arrayContaining(Object.keys(released.errors)));
  const now = Object.keys(released.errors).map((code) => [
    code,
    exitCodeOf(new StashError(code as ErrorCode, "")),
  ]);
  expect(Object.fromEntries(now)).toEqual(released.errors);
});
