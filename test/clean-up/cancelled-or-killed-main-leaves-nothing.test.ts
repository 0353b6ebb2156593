import type { ChildProcess } from "node:child_process";
import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type RecordedRequest, startSession } from "../support/session.ts";

const moments: [string, (request: RecordedRequest) => boolean][] = [
  ["while the variables are fetched", ({ url }) => url.endsWith("/variables")],
  ["while the key is registered", ({ method, url }) => method === "POST" && url === "/api/user/keys"],
  ["while the envelope is stored", ({ method, url }) => method === "POST" && url.endsWith("/envelope")],
];

describe.each(["SIGINT", "SIGTERM", "SIGKILL"] as const)("%s", (signal) => {
  test.each(moments)("%s", async (_, isMoment) => {
    let child: ChildProcess | undefined;
    const session = await startSession({
      served: (request) => {
        if (!isMoment(request)) return;
        child?.kill(signal);
        return new Promise(() => {}); // The service has done it, but its answer never arrives.
      },
    });
    const step = session.step({ "env-file": ".env" });
    expect(await step.main((started) => (child = started))).not.toBe(0);
    expect(session.job.environment.size).toBe(0);
    expect(step.outputs.size).toBe(0);

    expect(await step.post()).toBe(0);
    expect(session.leftInTemp()).toEqual([]);
    expect(readdirSync(session.job.workspace)).toEqual([]);
    // If a signal can be caught, main cleans up by itself, and says so.
    const messages = session.job.log.annotations.map(({ message }) => message);
    const cancelled = [
      "The job was cancelled. Nothing was exported. [CANCELLED]\nhttps://github.com/org/secret-stash-action/blob/v1/docs/errors.md#cancelled",
    ];
    expect(messages).toEqual(signal === "SIGKILL" ? [] : cancelled);
    if (signal !== "SIGKILL") expect(session.job.log.lines.at(-1)).toBe("SecretStash: nothing to clean up.");
    expect(session.server.store.listKeys()).toHaveLength(2);
  });
});

test("a job that is cancelled after main: post undoes everything", async () => {
  const session = await startSession();
  const step = session.step({ "env-file": ".env" });
  await step.main();
  expect(await session.job.run("kill -TERM $$")).not.toBe(0);
  expect(await step.post()).toBe(0);
  expect(session.leftInTemp()).toEqual([]);
  expect(readdirSync(session.job.workspace)).toEqual([]);
  expect(session.server.store.listKeys()).toHaveLength(2);
});
