import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { failingMain, startSession } from "../support/session.ts";

test("a full disk under GITHUB_ENV undoes the outputs, too", async () => {
  const session = await startSession();
  const outputs = join(session.job.workspace, "outputs");
  writeFileSync(outputs, "earlier=1\n");
  // Every write to /dev/full fails with ENOSPC (full(4)).
  const message = await failingMain(session, {}, { GITHUB_ENV: "/dev/full", GITHUB_OUTPUT: outputs });
  expect(message).toMatch(/cannot be written \(ENOSPC\)\. .*Nothing was exported\. \[EXPORT_FAILED\]\n/);
  expect(readFileSync(outputs, "utf8")).toBe("earlier=1\n");
});

test("an env file that was to be kept is restored anyway", async () => {
  const session = await startSession();
  const file = join(session.job.workspace, ".env");
  writeFileSync(file, "MINE=1\n");
  await failingMain(session, { "env-file": ".env", "keep-env-file": "true" }, { GITHUB_ENV: "/dev/full" });
  expect(readFileSync(file, "utf8")).toBe("MINE=1\n");
});

test("an env file on a full disk is named, and the variables stay where they are", async () => {
  const session = await startSession();
  const message = await failingMain(session, { "env-file": "/proc/self/secret-stash.env" });
  expect(message).toMatch(/^The env file \/proc\/.* cannot be written \(\w+\)\. .*\[ENV_FILE_FAILED\]\n/);
});

test("a missing GITHUB_ENV, too", async () => {
  const session = await startSession();
  expect(await failingMain(session, {}, { GITHUB_ENV: "" })).toMatch(
    /not a GitHub runner\. .*\[EXPORT_FAILED\]\n/,
  );
});

test("without a state file nothing is created, because post could not clean it up", async () => {
  const session = await startSession();
  const step = session.step({}, { GITHUB_STATE: "" });
  expect(await step.main()).toBe(1);
  expect(session.job.log.annotations.at(-1)?.message).toMatch(
    /GITHUB_STATE cannot be written.*\[STATE_FAILED\]\n/,
  );
  expect(session.requests.map(({ method }) => method)).not.toContain("POST");
  expect(session.leftInTemp()).toEqual([]);
});

test("a temp directory that is missing is named", async () => {
  const session = await startSession();
  const message = await failingMain(session, {}, { RUNNER_TEMP: join(session.job.temp, "missing") });
  expect(message).toMatch(
    /^The temp directory .*missing cannot be used \(ENOENT\)\. .*\[KEY_DIRECTORY_FAILED\]\n/,
  );
  expect(session.requests.map(({ method }) => method)).not.toContain("POST");
});
