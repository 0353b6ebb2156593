import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { failingMain, type Session, startSession } from "../support/session.ts";

const none = { "api-token": "", "grant-key": "" };

function eventOf({ job }: Session, head: string, base: string): Record<string, string> {
  const file = join(job.workspace, "../event.json");
  const repo = (full_name: string) => ({ repo: { full_name } });
  writeFileSync(file, JSON.stringify({ pull_request: { head: repo(head), base: repo(base) } }));
  return { GITHUB_EVENT_NAME: "pull_request", GITHUB_EVENT_PATH: file };
}

test("for a pull request from a fork, the message says so", async () => {
  const session = await startSession();
  expect(await failingMain(session, none, eventOf(session, "stranger/app", "acme/app"))).toMatch(
    /- api-token: is missing\. This run is for a pull request from a fork, and GitHub passes no secrets to it\. Set on-missing-credentials to skip .*\[INPUTS_INVALID\]\n/,
  );
});

test("pull_request_target gets secrets, so its token is simply missing", async () => {
  const session = await startSession();
  const event = { ...eventOf(session, "stranger/app", "acme/app"), GITHUB_EVENT_NAME: "pull_request_target" };
  expect(await failingMain(session, none, event)).toMatch(/- api-token: is missing\. Create a token/);
});

test("so does that for Dependabot", async () => {
  const session = await startSession();
  expect(await failingMain(session, none, { GITHUB_ACTOR: "dependabot[bot]" })).toMatch(
    /This run was started by Dependabot/,
  );
});

test("for a pull request from the repository itself, the token is simply missing", async () => {
  const session = await startSession();
  expect(await failingMain(session, none, eventOf(session, "acme/app", "acme/app"))).toMatch(
    /- api-token: is missing\. Create a token in SecretStash/,
  );
});

test("skip ends with success, exports nothing, runs nothing, and says so", async () => {
  const session = await startSession();
  const step = session.step(
    { ...none, "on-missing-credentials": "skip", run: "touch ran" },
    eventOf(session, "stranger/app", "acme/app"),
  );
  expect(await step.main()).toBe(0);
  expect(Object.fromEntries(step.outputs)).toEqual({ available: "false" });
  expect(session.job.environment.size).toBe(0);
  expect(session.job.log.masks).toEqual([]);
  expect(session.requests).toEqual([]);
  expect(session.job.log.annotations).toEqual([
    {
      level: "notice",
      title: "SecretStash",
      message: expect.stringMatching(
        /^Nothing was pulled\. This run is for a pull request from a fork, and GitHub passes no secrets to it\.$/,
      ),
    },
  ]);
  expect(await step.post()).toBe(0);
});

test("skip with a token pulls", async () => {
  const session = await startSession();
  const step = session.step({ "on-missing-credentials": "skip" });
  expect(await step.main()).toBe(0);
  expect(step.outputs.get("available")).toBe("true");
});
