import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { type EnvFileFormat, formatEnvFile } from "../../src/format/env-file-format.ts";
import { parseCommandFile } from "../runner/command-file.ts";
import { type DotenvReader, isInstalled, posixShells, readJson } from "./dotenv-readers.ts";
import { hostileText, propertyRuns } from "./hostile-text.ts";

const VALUES_A_FILE = 50;
const folder = mkdtempSync(join(tmpdir(), "formats-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Reader = Pick<DotenvReader, "name" | "package" | "isInstalled" | "read"> & { format: EnvFileFormat };

const builtIn = { package: "", isInstalled: () => true };
const readers: Reader[] = [
  ...posixShells.map((shell) => ({ ...shell, format: "shell" as const })),
  { name: "JSON.parse", format: "json", ...builtIn, read: (_, text) => JSON.parse(text) },
  {
    name: "jq",
    format: "json",
    package: "jq",
    isInstalled: () => isInstalled("jq", "--version"),
    read: (file) => readJson("jq", ["-c", ".", file]),
  },
  { name: "yaml (1.2)", format: "yaml", ...builtIn, read: (_, text) => parseYaml(text, { version: "1.2" }) },
  { name: "yaml (1.1)", format: "yaml", ...builtIn, read: (_, text) => parseYaml(text, { version: "1.1" }) },
  {
    name: "PyYAML",
    format: "yaml",
    package: "python3-yaml",
    isInstalled: () => isInstalled("/usr/bin/python3", "-c", "import yaml"),
    read: (file) =>
      readJson("/usr/bin/python3", [
        "-c",
        "import json,sys,yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))",
        file,
      ]),
  },
  {
    name: "docker's reader, as docker/cli describes it",
    format: "docker",
    ...builtIn,
    read: (_, text) => readAsDocker(text),
  },
  {
    name: "the GitHub runner's reader",
    format: "github",
    ...builtIn,
    read: (_, text) => Object.fromEntries(parseCommandFile(text)),
  },
];

describe.each(readers)("$format, read by $name", (reader) => {
  const installed = reader.isInstalled();
  const title = installed
    ? "gives back exactly what was not refused"
    : `is missing (apt-get install ${reader.package})`;

  test.skipIf(!installed)(title, () => {
    const surroundings = namesInAnEmptyFile(reader);
    const values = fc.array(hostileText, { minLength: VALUES_A_FILE, maxLength: VALUES_A_FILE });
    fc.assert(
      fc.property(values, (candidates) => {
        const named = candidates.map((value, index) => [`NAME_${index}`, value] as const);
        const carried = new Map(named.filter(([name, value]) => isCarried(reader.format, name, value)));
        const file = join(folder, "file");
        const text = formatEnvFile(reader.format, "", carried);
        writeFileSync(file, text);
        const read = reader.read(file, text);
        expect(read).toMatchObject(Object.fromEntries(carried));
        // A value never becomes two variables: nothing is read but these and what an empty file gives.
        expect(
          Object.keys(read)
            .filter((name) => !surroundings.has(name))
            .sort(),
        ).toEqual([...carried.keys()].sort());
      }),
      { numRuns: Math.ceil(propertyRuns / VALUES_A_FILE) },
    );
  });
});

test.each<[EnvFileFormat, string, string, RegExp]>([
  ["docker", "A", "one\ntwo", /- A: contains a line break, and docker's format has no quoting/],
  ["docker", "A", "one\r", /- A: ends with a carriage return/],
  ["docker", "A", "x".repeat(70_000), /- A: is longer than 64 KiB/],
  ["shell", "UID", "1", /- UID: shells reserve this name/],
])("%s refuses %s", (format, name, value, expected) => {
  expect(() => formatEnvFile(format, "", new Map([[name, value]]))).toThrow(
    expect.objectContaining({ code: "VALUES_REFUSED", message: expect.stringMatching(expected) }),
  );
});

test("names that have a meaning in YAML or JavaScript stay names", () => {
  const names = ["y", "yes", "NO", "on", "null", "true", "__proto__", "constructor", "toString"];
  const variables = new Map(names.map((name) => [name, "1e3"]));
  for (const version of ["1.1", "1.2"] as const) {
    const read = parseYaml(formatEnvFile("yaml", "", variables), { version, mapAsMap: true }) as Map<
      unknown,
      unknown
    >;
    expect([...read]).toEqual([...variables]);
  }
  expect(Object.entries(JSON.parse(formatEnvFile("json", "", variables)))).toEqual([...variables]);
});

test("negative control: without quoting, a value does become two variables", () => {
  const naive = "A=one\nB=injected\n";
  expect(Object.keys(readAsDocker(naive))).toEqual(["A", "B"]);
});

function namesInAnEmptyFile(reader: Reader): Set<string> {
  const file = join(folder, "empty");
  const text = formatEnvFile(reader.format, "", new Map());
  writeFileSync(file, text);
  return new Set(Object.keys(reader.read(file, text) ?? {}));
}

function isCarried(format: EnvFileFormat, name: string, value: string): boolean {
  try {
    formatEnvFile(format, "", new Map([[name, value]]));
    return true;
  } catch {
    return false;
  }
}

/** docker/cli, pkg/kvfile: lines end at LF, one CR before it is dropped, leading white space and comments are skipped. */
function readAsDocker(text: string): Record<string, string> {
  const lines = text
    .split("\n")
    .slice(0, -1)
    .map((line) => line.replace(/\r$/, "").trimStart());
  const pairs = lines.filter((line) => line !== "" && !line.startsWith("#"));
  return Object.fromEntries(
    pairs.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
}
