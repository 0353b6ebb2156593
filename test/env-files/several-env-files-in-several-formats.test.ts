import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse as parseDotenv } from "dotenv";
import { expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { parseCommandFile } from "../runner/command-file.ts";
import { failingMain, startSession } from "../support/session.ts";

const variables = { API_KEY: "plain-secret-value", QUOTE: "it's", EMPTY: "" };

test("each holds every value, is private, and is gone at the end", async () => {
  const session = await startSession({ variables });
  const path = (name: string) => join(session.job.workspace, name);
  const read = (name: string) => readFileSync(path(name), "utf8");
  const step = session.step({
    "env-file": ".env\napp.json:json\napp.yaml:yaml\nenv.sh:shell\ndocker.env:docker\ngithub.env:github\n",
  });
  expect(await step.main()).toBe(0);
  expect(parseDotenv(read(".env"))).toEqual(variables);
  expect(JSON.parse(read("app.json"))).toEqual(variables);
  expect(parseYaml(read("app.yaml"))).toEqual(variables);
  expect(read("env.sh")).toBe(
    "export API_KEY='plain-secret-value'\nexport QUOTE='it'\\''s'\nexport EMPTY=''\n",
  );
  expect(read("docker.env")).toBe("API_KEY=plain-secret-value\nQUOTE=it's\nEMPTY=\n");
  expect(Object.fromEntries(parseCommandFile(read("github.env")))).toEqual(variables);
  for (const name of readdirSync(session.job.workspace))
    expect(statSync(path(name)).mode & 0o777, name).toBe(0o600);
  expect(step.outputs.get("env-file")?.split("\n")).toHaveLength(6);
  expect(await step.post()).toBe(0);
  expect(readdirSync(session.job.workspace)).toEqual([]);
});

test("env-file-format is for paths without one; a file that is there is replaced, and restored", async () => {
  const session = await startSession({ variables });
  const file = join(session.job.workspace, "config.json");
  writeFileSync(file, "{}");
  const step = session.step({ "env-file": "config.json\n.env:dotenv", "env-file-format": "json" });
  expect(await step.main()).toBe(0);
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(variables);
  await step.post();
  expect(readFileSync(file, "utf8")).toBe("{}");
});

test("a value that one format cannot carry stops all of them before anything is written", async () => {
  const session = await startSession({ variables: { PEM: "line one\nline two\n" } });
  expect(await failingMain(session, { "env-file": "app.json:json\ndocker.env:docker" })).toMatch(
    /the docker format cannot represent .*- PEM: contains a line break.*\[VALUES_REFUSED\]\n/s,
  );
  expect(readdirSync(session.job.workspace)).toEqual([]);
});

test("a format that is none is not taken for a part of the path", async () => {
  const session = await startSession({ variables });
  expect(await failingMain(session, { "env-file": ".env\n\nconfig.yml:yml" })).toMatch(
    /- env-file: line 3, "config\.yml:yml": expected a path, or path:format with dotenv, json, /,
  );
});

test("one file under two spellings is refused, or the second restore would bring our values back", async () => {
  const session = await startSession({ variables });
  writeFileSync(join(session.job.workspace, ".env"), "MINE=1\n");
  expect(await failingMain(session, { "env-file": ".env\n./.env:json" })).toMatch(
    /^env-file \.\/\.env is refused: it is the same file as \.env\. Name each file once\..*\[ENV_FILE_REFUSED\]\n/,
  );
  expect(readFileSync(join(session.job.workspace, ".env"), "utf8")).toBe("MINE=1\n");
});
