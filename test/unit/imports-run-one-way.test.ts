import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";

const source = join(import.meta.dirname, "../../src");
const files = globSync("**/*.ts", { cwd: source });

// The rule is written where people read it: a floor of the table in docs/architecture.md may import the floors below it.
const floors = readFloors(readFileSync(join(source, "../docs/architecture.md"), "utf8"));
const floorOf = new Map(floors.flatMap((rooms, floor) => rooms.map((room) => [room, floor] as const)));

// What the order alone would allow, and what must not be.
const forbidden: Record<string, readonly string[]> = {
  stash: ["crypto"], // It carries ciphertext, which cannot be opened there.
  key: ["journal"],
  masks: ["journal"],
  leaks: ["journal"],
};
// The key broker is a service of its own: it shares what a session is made of, and nothing of the session.
const onlyImports: Record<string, readonly string[]> = {
  broker: ["stash", "select", "crypto", "http", "lib"],
};
const pureRooms = ["select", "format", "redact", "crypto"];

test("docs/architecture.md lists every folder of src/, and no other", () => {
  const folders = new Set(files.map((file) => roomOf(file)));
  expect(floors.flat().sort()).toEqual([...folders].sort());
});

test.each(files)("%s imports its own room or rooms below it", (file) => {
  for (const target of importedRooms(file)) {
    const room = roomOf(file);
    if (target === room) continue;
    expect(floorOf.get(target), `${file} imports ${target}`).toBeGreaterThan(floorOf.get(room) ?? -1);
    expect(forbidden[room] ?? [], `${file} imports ${target}`).not.toContain(target);
    expect(onlyImports[room] ?? [target], `${file} imports ${target}`).toContain(target);
    if (pureRooms.includes(room)) expect(target, `${file} imports ${target}`).toBe("lib");
  }
});

test("no file imports itself by way of others", () => {
  expect(findCycles(new Map(files.map((file) => [file, importedFiles(file)])))).toEqual([]);
});

test("negative control: a cycle is found, and so is an import of the floor above", () => {
  const cycle = new Map([
    ["a.ts", ["b.ts"]],
    ["b.ts", ["c.ts"]],
    ["c.ts", ["a.ts"]],
  ]);
  expect(findCycles(cycle)).toEqual(["a.ts -> b.ts -> c.ts -> a.ts"]);
  expect(floorOf.get("session")).toBeGreaterThan(floorOf.get("cli") ?? Number.POSITIVE_INFINITY);
});

// Which packages and Node modules a room may use: the pure ones compute, the others say here what they touch.
const packages: Record<string, readonly string[]> = {
  entry: ["node:path"],
  cli: ["node:events", "node:fs", "node:fs/promises", "node:os", "node:path", "node:util"],
  session: ["node:path"],
  broker: [
    ...["@hono/node-server", "@hono/node-server/conninfo", "hono", "hono/html", "jose", "valibot", "yaml"],
    ...[
      "node:crypto",
      "node:fs",
      "node:http",
      "node:https",
      "node:net",
      "node:sqlite",
      "node:timers/promises",
      "node:tls",
    ],
  ],
  doctor: [],
  command: [
    ...[
      "@actions/exec",
      "@actions/io",
      "node:child_process",
      "node:events",
      "node:fs",
      "node:fs/promises",
      "node:net",
    ],
    ...["node:path", "node:stream"],
  ],
  leaks: ["ignore", "node:fs", "node:path"],
  masks: ["node:crypto", "node:fs"],
  export: ["node:child_process", "node:crypto", "node:fs", "node:fs/promises", "node:path", "valibot"],
  variables: [],
  access: ["node:fs", "node:path", "node:timers/promises", "valibot"],
  key: [
    ...["@actions/io", "node:child_process", "node:crypto", "node:fs", "node:fs/promises", "node:os"],
    ...["node:path", "node:timers/promises"],
  ],
  journal: ["node:path", "valibot"],
  ci: [
    ...[
      "@actions/core",
      "node:child_process",
      "node:crypto",
      "node:events",
      "node:fs",
      "node:os",
      "node:path",
    ],
    ...["node:readline", "node:util"],
  ],
  stash: ["node:path", "valibot"],
  inputs: ["node:fs", "node:os", "node:path"],
  select: [],
  format: ["node:crypto"],
  redact: [],
  crypto: ["node:crypto", "node:util"],
  http: ["node:crypto", "node:fs", "node:http", "node:https", "node:string_decoder", "node:timers/promises"],
  lib: ["leven", "node:fs", "node:os", "node:path", "node:timers/promises"],
};

test.each(files)("%s uses only the packages of its room", (file) => {
  for (const imported of importsOf(file).filter((name) => !name.startsWith("."))) {
    expect(packages[roomOf(file)], `${file} imports ${imported}`).toContain(imported);
  }
});

test("only ci/github.ts imports @actions/core", () => {
  expect(files.filter((file) => importsOf(file).includes("@actions/core"))).toEqual(["ci/github.ts"]);
});

test("only entry files read the process's environment", () => {
  const readers = files.filter((file) =>
    /process\s*\.\s*env\b|process\["env"\]|\{[^}]*\benv\b[^}]*\}\s*=\s*process/.test(read(file)),
  );
  expect(readers.filter((file) => roomOf(file) !== "entry")).toEqual([]);
});

test("negative control: the check sees an import that is not allowed, static or dynamic", () => {
  expect(
    importedNames(
      'import { env } from "node:process";\nconst x = await import("undici");\nconst y = await import(/* eager */ "a");\nimport "left-pad";',
    ),
  ).toEqual(["node:process", "undici", "a", "left-pad"]);
});

test("files and folders can be read in one sitting", () => {
  const lengths = files.map((file) => read(file).split("\n").length - 1).sort((a, b) => a - b);
  expect(lengths.at(-1)).toBeLessThanOrEqual(220);
  expect(lengths[Math.floor(lengths.length / 2)]).toBeLessThan(70);
  for (const [folder, inside] of Map.groupBy(files, dirname)) {
    expect(inside.length, folder).toBeLessThanOrEqual(14);
  }
});

function readFloors(page: string): string[][] {
  const table = page.split("| Floor |")[1]?.split("\n\n")[0] ?? "";
  return Array.from(table.matchAll(/^\| \d+ \| (.+?) \|/gm), ([, rooms = ""]) =>
    Array.from(rooms.matchAll(/`([\w-]+)\/`/g), ([, room = ""]) => room),
  );
}

/** @returns each cycle once, as a path */
function findCycles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const cycles: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]) => {
    const start = path.indexOf(file);
    if (start >= 0) cycles.push([...path.slice(start), file].join(" -> "));
    if (start >= 0 || done.has(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return cycles;
}

function roomOf(file: string): string {
  return file.split("/")[0] ?? "";
}

function importedFiles(file: string): string[] {
  return importsOf(file)
    .filter((name) => name.startsWith("."))
    .map((name) => relative(source, join(source, dirname(file), name)));
}

function importedRooms(file: string): Set<string> {
  return new Set(importedFiles(file).map(roomOf));
}

function importsOf(file: string): string[] {
  return importedNames(read(file));
}

function importedNames(text: string): string[] {
  const pattern = /(?:(?<!\.)\bfrom|\bimport)\s*\(?\s*(?:\/\*[^*]*\*\/\s*)?"([^"]+)"/g;
  return [...text.matchAll(pattern)].map((match) => match[1] ?? "");
}

function read(file: string): string {
  return readFileSync(join(source, file), "utf8");
}
