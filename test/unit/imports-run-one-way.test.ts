import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";

const source = join(import.meta.dirname, "../../src");

// pre|main|post|cli -> run -> the rooms -> http -> errors
const mayImport: Record<string, readonly string[]> = {
  entry: ["entry", "host", "run", "errors"],
  run: [
    "run",
    "host",
    "stash",
    "device",
    "workspace",
    "select",
    "format",
    "redact",
    "crypto",
    "http",
    "errors",
  ],
  host: ["host", "select", "format", "errors"], // docs/decisions/0005,
  stash: ["stash", "http", "errors"],
  device: ["device", "errors"],
  workspace: ["workspace", "errors"],
  http: ["http", "errors"],
  crypto: ["crypto", "errors"],
  select: ["select", "errors"],
  format: ["format", "errors"],
  redact: ["redact", "errors"],
  errors: ["errors"],
};

const files = globSync("**/*.ts", { cwd: source });

test.each(files)("%s imports only what its room may", (file) => {
  const room = roomOf(file);
  for (const imported of importsOf(file).filter((name) => name.startsWith("."))) {
    const target = roomOf(relative(source, join(source, dirname(file), imported)));
    expect(mayImport[room], `${file} imports ${imported}`).toContain(target);
  }
});

test("docs/architecture.md draws the imports that there are", () => {
  const page = readFileSync(join(source, "../docs/architecture.md"), "utf8");
  const drawn = Array.from(
    page.matchAll(/^ {2}(\w+)(?:\[.*?\])? --> (\w+)/gm),
    ([, from, to]) => `${from} -> ${to}`,
  );
  const there = files.flatMap((file) =>
    importsOf(file)
      .filter((name) => name.startsWith("."))
      .map((name) => `${roomOf(file)} -> ${roomOf(relative(source, join(source, dirname(file), name)))}`),
  );
  const between = new Set(there.filter((edge) => !/^(\w+) -> \1$|-> (errors|entry)$/.test(edge)));
  expect(drawn.sort()).toEqual([...between].sort());
});

// Which packages and Node modules a room may use: the pure ones compute, the others say what they touch.
const packages: Record<string, readonly string[]> = {
  entry: ["node:fs", "node:os", "node:path", "node:util"],
  run: [
    ...[
      "@actions/exec",
      "valibot",
      "node:child_process",
      "node:crypto",
      "node:events",
      "node:fs",
      "node:fs/promises",
    ],
    ...["node:os", "node:path", "node:stream", "node:timers/promises"],
  ],
  host: [
    "@actions/core",
    "node:crypto",
    "node:events",
    "node:fs",
    "node:os",
    "node:path",
    "node:readline",
    "node:util",
  ],
  stash: ["valibot"],
  device: ["@actions/io", "node:crypto", "node:fs/promises", "node:os", "node:path"],
  workspace: ["node:child_process", "node:crypto", "node:fs", "node:fs/promises", "node:path"],
  http: ["node:http", "node:https", "node:string_decoder", "node:timers/promises"],
  crypto: ["jose", "node:crypto", "node:util"],
  select: [],
  format: ["js-yaml", "node:crypto"],
  redact: ["node:fs", "node:path"], // file-scan.ts alone
  errors: [],
};

test.each(files)("%s uses only the packages of its room", (file) => {
  for (const imported of importsOf(file).filter((name) => !name.startsWith("."))) {
    expect(packages[roomOf(file)], `${file} imports ${imported}`).toContain(imported);
  }
});

test("only host/github.ts imports @actions/core", () => {
  expect(files.filter((file) => importsOf(file).includes("@actions/core"))).toEqual(["host/github.ts"]);
});

test("only entry files and host/ read the process's environment", () => {
  const readers = files.filter((file) =>
    /process\s*\.\s*env\b|process\["env"\]|\{[^}]*\benv\b[^}]*\}\s*=\s*process/.test(read(file)),
  );
  expect(readers.map(roomOf).filter((room) => room !== "entry" && room !== "host")).toEqual([]);
});

test("negative control: the check sees an import that is not allowed, static or dynamic", () => {
  expect(
    importedNames(
      'import { env } from "node:process";\nconst x = await import("undici");\nimport "left-pad";',
    ),
  ).toEqual(["node:process", "undici", "left-pad"]);
});

function roomOf(file: string): string {
  if (file === "errors.ts" || file === "version.ts") return "errors";
  return file.includes("/") ? (file.split("/")[0] ?? "") : "entry";
}

function importsOf(file: string): string[] {
  return importedNames(read(file));
}

function importedNames(text: string): string[] {
  return [...text.matchAll(/(?:(?<!\.)\bfrom|\bimport)\s*\(?\s*"([^"]+)"/g)].map((match) => match[1] ?? "");
}

function read(file: string): string {
  return readFileSync(join(source, file), "utf8");
}
