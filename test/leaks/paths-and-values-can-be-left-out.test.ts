import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startCliSession } from "../support/cli.ts";
import { type Session, startSession } from "../support/session.ts";

const secret = "s3cr3t-value-of-the-app";
const variables = {
  API_KEY: secret,
  PUBLIC_URL: "https://app.example.test/public",
  GCP: JSON.stringify({ type: "service_account", token_uri: "https://oauth2.googleapis.com/token" }),
};
const paths = ["dist/config.js", "dist/sub/config.js", "keep/config.js", "notes.txt", "logs/a.log"];

function fill({ job }: Session): void {
  for (const path of paths) {
    mkdirSync(join(job.workspace, path, ".."), { recursive: true });
    writeFileSync(join(job.workspace, path), `x ${secret}\n`);
  }
}

const hits = ({ job }: Session) =>
  job.log.annotations.flatMap(({ message }) => /^Leak: (\S+?):\d+:\d+ /.exec(message)?.[1] ?? []).sort();

test("leak-ignore takes patterns as in .gitignore, relative to the workspace", async () => {
  const session = await startSession({ variables });
  const step = session.step({ "leak-ignore": "# built\n/dist/\n!/dist/sub\n*.log\nkeep/**/config.js" });
  expect(await step.main()).toBe(0);
  fill(session);
  expect(await step.post()).toBe(0);
  expect(hits(session)).toEqual(["notes.txt"]);
});

test("negative control: without it, all of them are found", async () => {
  const session = await startSession({ variables });
  const step = session.step();
  expect(await step.main()).toBe(0);
  fill(session);
  expect(await step.post()).toBe(0);
  expect(hits(session)).toEqual([...paths].sort());
});

test("the lines that a finding suggests silence it when they are pasted", async () => {
  const odd = ["out/a*b.js", "#c.js", "!d.js", "two words.js"];
  const write = ({ job }: Session) => {
    mkdirSync(join(job.workspace, "out"));
    for (const path of [...odd, "plain.js"]) writeFileSync(join(job.workspace, path), secret);
    writeFileSync(join(job.workspace, `${secret}.log`), "");
    writeFileSync(join(job.workspace, "[id].js"), "");
  };
  const session = await startSession({ variables });
  const step = session.step();
  expect(await step.main()).toBe(0);
  write(session);
  expect(await step.post()).toBe(0);
  const said = session.job.log.lines.join("\n");
  const [, patterns = ""] = /add to leak-ignore:\n([\s\S]*)\nSecretStash: for values/.exec(said) ?? [];
  expect(patterns.split("\n")).toHaveLength(5);
  expect(patterns).not.toContain("***");
  expect(said).toContain("\nSecretStash: for values that are not secret, add to unmasked: API_KEY\n");

  const again = await startSession({ variables });
  const silenced = again.step({ "leak-ignore": patterns });
  expect(await silenced.main()).toBe(0);
  write(again);
  expect(await silenced.post()).toBe(0);
  const left = again.job.log.annotations.filter(({ message: text }) => text.startsWith("Leak"));
  expect(left.map(({ message: text }) => text)).toEqual([
    "Leak: the name of ***.log holds API_KEY, as it is.",
  ]);
});

test("unmasked values and public parts of credentials never count", async () => {
  const session = await startSession({ variables });
  const step = session.step({ unmasked: "PUBLIC_URL", "leak-check": "fail" });
  expect(await step.main()).toBe(0);
  const text = 'fetch("https://app.example.test/public"); // https://oauth2.googleapis.com/token\n';
  writeFileSync(join(session.job.workspace, "app.js"), text);
  expect(await step.post()).toBe(0);
});

test("on the command line as a flag or a variable, for leak-check and at the end of exec", async () => {
  const session = await startCliSession({ variables });
  const write = ["sh", "-c", `printf %s "$API_KEY" > out.log`];
  const fail = { SECRET_STASH_LEAK_CHECK: "fail" };
  expect(
    (await session.run(["exec", "--leak-ignore", "*.log", "--", ...write], { environment: fail })).code,
  ).toBe(0);
  expect((await session.run(["exec", "--", ...write], { environment: fail })).code).toBe(4);

  const { stdout } = await session.run(["pull", "--format", "shell"]);
  const directory = /SECRET_STASH_SESSION_DIR='(.*)'/.exec(stdout)?.[1] ?? "";
  const environment = { SECRET_STASH_SESSION_DIR: directory };
  writeFileSync(join(session.job.workspace, "out.log"), secret);
  expect((await session.run(["leak-check", "--leak-ignore", "out.log"], { environment })).code).toBe(0);
  expect(
    (
      await session.run(["leak-check"], {
        environment: { ...environment, SECRET_STASH_LEAK_IGNORE: "*.log" },
      })
    ).code,
  ).toBe(0);
  expect((await session.run(["leak-check"], { environment })).code).toBe(4);
  const cleanUp = ["clean-up", "--leak-check", "fail", "--leak-ignore", "*.log"];
  expect((await session.run(cleanUp, { environment })).code).toBe(0);

  const second = await session.run(["pull", "--format", "shell", "--leak-ignore", "*.log"]);
  const kept = { SECRET_STASH_SESSION_DIR: /SECRET_STASH_SESSION_DIR='(.*)'/.exec(second.stdout)?.[1] ?? "" };
  writeFileSync(join(session.job.workspace, "out.log"), secret);
  expect((await session.run(["clean-up", "--leak-check", "fail"], { environment: kept })).code).toBe(0);
});
