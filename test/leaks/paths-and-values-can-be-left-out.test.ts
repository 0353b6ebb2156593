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
  expect(session.job.log.annotations.at(-1)?.message).toMatch(
    / For a file that is meant to hold them, add: leak-ignore: dist\/config\.js, .*\. For a value that is not secret, add: unmasked: API_KEY\.$/,
  );
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
  expect((await session.run(["clean-up"], { environment })).code).toBe(0);
});
