import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";

const source = join(import.meta.dirname, "../../src");

// pre|main|post|cli -> run -> the rooms -> http -> errors the order of the rooms
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
  host: ["host", "select", "format", "http", "errors"],
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

test("only host/github.ts imports @actions/core", () => {
  expect(files.filter((file) => importsOf(file).includes("@actions/core"))).toEqual(["host/github.ts"]);
});

test("only entry files and host/ read the process's environment", () => {
  const readers = files.filter((file) => /process\.env\b/.test(read(file)));
  expect(readers.map(roomOf).filter((room) => room !== "entry" && room !== "host")).toEqual([]);
});

test("pure rooms do no input or output", () => {
  const pure = files.filter((file) => ["crypto", "select", "format", "redact"].includes(roomOf(file)));
  const impure = /^node:(fs|http|https|net|child_process|os|process)/;
  expect(pure.filter((file) => importsOf(file).some((name) => impure.test(name)))).toEqual([]);
});

function roomOf(file: string): string {
  if (file === "errors.ts" || file === "version.ts") return "errors";
  return file.includes("/") ? (file.split("/")[0] ?? "") : "entry";
}

function importsOf(file: string): string[] {
  return [...read(file).matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map((match) => match[1] ?? "");
}

function read(file: string): string {
  return readFileSync(join(source, file), "utf8");
}
