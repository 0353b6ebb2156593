import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { formatCleanUpSummary, formatPullSummary } from "../../src/format/summary.ts";
import { startSession } from "../support/session.ts";

const variables = { API_KEY: "plain-secret-value", STRIPE: "another-secret", NODE_ENV: "test-mode" };

test("main lists what was pulled, post how the session ended", async () => {
  const session = await startSession({ variables });
  const step = session.step({
    summary: "true",
    variables: "*, STRIPE as PAYMENTS",
    unmasked: "NODE_ENV",
    "env-file": ".env",
  });
  expect(await step.main()).toBe(0);
  const [pulled = ""] = session.job.summary;
  expect(pulled.split("\n")).toEqual([
    "### SecretStash",
    "",
    "| variable | from | masked |",
    "| --- | --- | --- |",
    "| <code>API&#95;KEY</code> | <code>ci</code> | yes |",
    "| <code>PAYMENTS</code> | <code>ci</code>, stored as <code>STRIPE</code> | yes |",
    "| <code>NODE&#95;ENV</code> | <code>ci</code> | **no** |",
    "",
    expect.stringMatching(
      /^Exported to: <code>environment of later steps<\/code>, <code>.env<\/code>\. Temporary device key <code>\d+<\/code>, fingerprint <code>([0-9a-f]{4} ){7}[0-9a-f]{4}<\/code>, expires at <code>.*Z<\/code>\.$/,
    ),
    "",
    "",
  ]);
  expect(await step.post()).toBe(0);
  expect(session.job.summary[1]?.split("\n").slice(2, 5)).toEqual([
    "- The temporary key is gone.",
    "- Deleted&#58; .env.",
    "- The leak check found no pulled value in 0 files that changed since the pull. Values shorter than 8 bytes and lines shorter than 16 bytes are not searched for.",
  ]);
});

test("a leak is listed by name", async () => {
  const session = await startSession({ variables });
  const step = session.step({ summary: "true" });
  await step.main();
  writeFileSync(join(session.job.workspace, "out.log"), variables.API_KEY);
  await step.post();
  const text = session.job.summary.join("\n");
  expect(text).toContain("- The temporary key is gone.");
  expect(text).toContain("The leak check found API&#95;KEY in one place");
  for (const value of Object.values(variables)) expect(text).not.toContain(value);
});

test("a leak that fails the command of run is listed; a value that is too short to search for is not", async () => {
  const session = await startSession({ variables: { ...variables, PIN: "4711" } });
  const run = 'printf %s "$API_KEY" > out.log';
  expect(await session.step({ summary: "true", run, "leak-check": "fail" }).main()).toBe(1);
  expect(session.job.summary.join("\n")).toContain("The leak check found API&#95;KEY in one place");
  const step = session.step({ summary: "true", variables: "PIN" });
  await step.main();
  await step.post();
  expect(session.job.summary.at(-1)).toContain("Values shorter than 8 bytes");
  expect(session.job.summary.at(-1)).not.toContain("PIN"); // which would tell its length
});

test("nothing is written if it was not requested", async () => {
  const session = await startSession({ variables });
  const step = session.step();
  await step.main();
  await step.post();
  expect(session.job.summary).toEqual([]);
});

test.each([
  [{ required: "ABSENT" }, "REQUIRED_MISSING", "required variables are missing&#58; ABSENT."],
  [{ ttl: "1" }, "INPUTS_INVALID", "The inputs are not valid&#58;<br>- ttl&#58; must be"],
  [{ "api-token": "wrong" }, "TOKEN_REFUSED", "The service does not accept api-token (401)."],
  [{ run: "exit 3" }, "COMMAND_FAILED", "The command in run ended with exit code 3."],
])("a step that fails says so: %j", async (inputs, code, expected) => {
  const session = await startSession({ variables });
  const step = session.step({ summary: "true", ...(inputs as unknown as Record<string, string>) });
  expect(await step.main()).not.toBe(0);
  const text = session.job.summary.join("\n");
  expect(text).toContain(`### SecretStash failed: ${code}\n`);
  expect(text).toContain(expected);
  for (const value of Object.values(variables)) expect(text).not.toContain(value);
});

test("one that cannot be written is a warning", async () => {
  const session = await startSession({ variables });
  const step = session.step({ summary: "true" }, { GITHUB_STEP_SUMMARY: "/nowhere/summary" });
  expect(await step.main()).toBe(0);
  expect(session.job.log.annotations.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^The job's summary page cannot be written \(.*\)\. .* set summary to false\./),
  ]);
});

test("hostile names stay text", () => {
  const hostile = "a|b`<img src=x onerror=y>@org ::set-env\n| # [x](y) &lt; *b* _i_ \u001b[31m";
  const text = formatPullSummary({
    rows: [{ name: hostile, storedAs: "x", environment: hostile, overrode: [hostile], isMasked: true }],
    exportedTo: [hostile],
    deviceKeyId: 1,
    fingerprint: "0000",
    expiresAt: hostile,
  });
  const shown = Array.from(text.matchAll(/<code>(.*?)<\/code>/g), ([, inside]) => inside);
  expect(shown).toHaveLength(8);
  for (const inside of shown) expect(inside).toMatch(/^([\p{L}\p{N} .,;/()=+-]|&#\d+;)*$/u);
  expect(text.split("\n").filter((line) => line.startsWith("|"))).toHaveLength(3);
  expect(formatCleanUpSummary([hostile]).split("\n")).toHaveLength(4);
});

test("ten thousand variables are cut, so that GitHub takes the page", () => {
  const row = {
    name: "N".repeat(255),
    storedAs: "S".repeat(255),
    environment: "e",
    overrode: [],
    isMasked: true,
  };
  const text = formatPullSummary({
    rows: Array.from({ length: 10_000 }, () => row),
    exportedTo: [],
    deviceKeyId: 1,
    fingerprint: "",
    expiresAt: "",
  });
  expect(text.length).toBeLessThan(1024 * 1024);
  expect(text).toContain("And 9800 more.");
});
