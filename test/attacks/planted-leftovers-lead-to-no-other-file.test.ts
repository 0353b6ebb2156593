import { existsSync, mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startSession } from "../support/session.ts";

// Attack 14: an archive that somebody unpacked into the temp directory holds a key directory, with paths of files to delete.

test("a leftover that claims to live for ever is removed after a day", async () => {
  const session = await startSession();
  const planted = join(session.job.temp, "secret-stash-tmp-00000000000000bb");
  mkdirSync(planted, { mode: 0o700 });
  writeFileSync(join(planted, "device.json"), JSON.stringify({ expires_at: "9999-01-01T00:00:00Z" }));
  const then = new Date(Date.now() - 25 * 60 * 60_000);
  utimesSync(planted, then, then);
  const step = session.step();
  expect(await step.main()).toBe(0);
  expect(existsSync(planted)).toBe(false);
  await step.post();
});

test("nothing is deleted or written but the folder itself", async () => {
  const session = await startSession();
  const { temp, workspace } = session.job;
  const [victim, created] = [join(workspace, "victim"), join(workspace, "created")];
  writeFileSync(victim, "precious\n");
  const planted = join(temp, "secret-stash-tmp-00000000000000bb");
  mkdirSync(planted, { mode: 0o700 });
  writeFileSync(join(planted, "device.json"), JSON.stringify({ expires_at: "2020-01-01T00:00:00Z" }));
  const { dev, ino, size, mtimeMs } = statSync(victim);
  const folder = statSync(workspace);
  const record = {
    ...{ path: victim, draft: victim, backup: created, written: true, mode: 0o644, originalHash: "" },
    ...{ folder: `${folder.dev}:${folder.ino}`, existed: false },
    ...{ version: [dev, ino, size, mtimeMs].join(":"), identity: [dev, ino, size, mtimeMs].join(":") },
  };
  const text = JSON.stringify([record]);
  for (const note of [text, JSON.stringify({ text, seal: "AAAA" }), JSON.stringify({ text })]) {
    mkdirSync(planted, { recursive: true, mode: 0o700 });
    writeFileSync(join(planted, "device.json"), JSON.stringify({ expires_at: "2020-01-01T00:00:00Z" }));
    writeFileSync(join(planted, "env-files.json"), note);
    const then = new Date(Date.now() - 3 * 60 * 60_000);
    utimesSync(planted, then, then);
    const step = session.step();
    expect(await step.main()).toBe(0);
    await step.post();
    expect(existsSync(planted)).toBe(false);
    expect(readFileSync(victim, "utf8")).toBe("precious\n");
    expect(existsSync(created)).toBe(false);
  }
});
