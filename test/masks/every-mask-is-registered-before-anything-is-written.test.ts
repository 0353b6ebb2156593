import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { startSession } from "../support/session.ts";

const hook = pathToFileURL(join(import.meta.dirname, "../runner/write-trace.mjs")).href;

test("masks come first, then the env file, then outputs and variables, then the summary", async () => {
  const session = await startSession({
    variables: { API_KEY: "plain-secret-value", PEM: "line one\nline two\n" },
  });
  const trace = join(session.job.workspace, "trace.jsonl");
  writeFileSync(trace, "");
  const step = session.step(
    { "env-file": ".env", outputs: "true" },
    { NODE_OPTIONS: `--import=${hook}`, WRITE_TRACE: trace },
  );
  expect(await step.main()).toBe(0);

  const events = readFileSync(trace, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as [string, string]);
  const indexesOf = (kind: string, pattern: RegExp) =>
    events.flatMap(([event, text], index) => (event === kind && pattern.test(text) ? [index] : []));
  const masks = indexesOf("stdout", /^::add-mask::/);
  const values = events.flatMap(([, text], index) =>
    /plain-secret-value|line one/.test(text) ? [index] : [],
  );
  const written = [
    ...indexesOf("write", /\.env\.secret-stash-tmp-/),
    ...indexesOf("write", /_file_commands.*\/output$/),
    ...indexesOf("write", /_file_commands.*\/env$/),
    ...indexesOf("stdout", /^SecretStash: 2 variables/),
  ];
  expect(written).toHaveLength(4);
  expect(written).toEqual([...written].sort((a, b) => a - b));
  expect(Math.max(...masks)).toBeLessThan(written[0] ?? 0);
  // The only lines that hold a value are the masks themselves.
  expect(values.filter((index) => !masks.includes(index))).toEqual([]);
  // Each string only once, because the runner searches every later line for each mask.
  expect(session.job.log.masks).toHaveLength(new Set(session.job.log.masks).size);
  expect(events[0]?.[1]).toBe(`::add-mask::${session.account.apiToken}`);
});

test("state is saved before the key directory is made, and the key's id as soon as it is known", async () => {
  const session = await startSession();
  const trace = join(session.job.workspace, "trace.jsonl");
  writeFileSync(trace, "");
  const step = session.step({}, { NODE_OPTIONS: `--import=${hook}`, WRITE_TRACE: trace });
  expect(await step.main()).toBe(0);

  const events = readFileSync(trace, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as [string, string]);
  const order = events.flatMap(([kind, text]) => {
    const match = /(state|secret-stash-tmp-\w+|device_private_key\.pem|device\.json)$/.exec(text);
    return match && kind !== "stdout" ? [`${kind} ${match[1]?.replace(/tmp-\w+/, "tmp")}`] : [];
  });
  expect(order).toEqual([
    "write state", // first of all, before there is anything to undo
    "write state",
    "mkdir secret-stash-tmp",
    "write device_private_key.pem",
    "write state", // the fingerprint, before the request whose answer tells the id
    "write state",
    "write device.json",
    "write state", // the key of the values that are kept for post
    "write state", // values are out
  ]);
});

test("a secret that is the hash of another one is masked, too", async () => {
  const KEY = "a key of more than forty-four characters, as most of them are today";
  const KEY_SHA256 = createHash("sha256").update(KEY).digest("base64");
  const session = await startSession({ variables: { KEY, KEY_SHA256 } });
  expect(await session.step().main()).toBe(0);
  expect(session.job.log.masks).toEqual(expect.arrayContaining([KEY, KEY_SHA256]));
});
