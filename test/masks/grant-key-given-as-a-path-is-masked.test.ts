import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startCliSession } from "../support/cli.ts";
import { startSession } from "../support/session.ts";

test("exec masks the key that the command reads from the same file", async () => {
  const session = await startCliSession();
  const { path, secretLine } = writeGrantKey(session);
  const { code, stdout } = await session.run(["exec", "--", "head", "-3", path], {
    environment: { SECRET_STASH_GRANT_KEY: path },
  });
  expect(code).toBe(0);
  expect(stdout).not.toContain(secretLine);
  expect(stdout).toContain("***");
});

test("negative control: without the grant key, exec shows the file", async () => {
  const session = await startCliSession();
  const { path, secretLine } = writeGrantKey(session);
  const { stdout } = await session.run(["exec", "--", "head", "-3", path], {
    environment: {
      SECRET_STASH_API_TOKEN: "",
      SECRET_STASH_ON_MISSING_CREDENTIALS: "skip",
      SECRET_STASH_GRANT_KEY: "",
    },
  });
  expect(stdout).toContain(secretLine);
});

test("on GitHub it is masked before anything else is said, as if it had been given inline", async () => {
  const session = await startSession();
  const { path, secretLine } = writeGrantKey(session);
  const step = session.step({ "grant-key": path });
  expect(await step.main()).toBe(0);
  await session.job.run(`head -3 '${path}'`);
  expect(session.job.log.lines.join("\n")).not.toContain(secretLine);
  const lastMask = session.job.log.raw.findLastIndex(
    (line) => line.includes(secretLine) && line.includes("add-mask"),
  );
  const firstWord = session.job.log.raw.findIndex((line) => line.startsWith("SecretStash:"));
  expect(lastMask).toBeGreaterThan(-1);
  expect(lastMask).toBeLessThan(firstWord);
});

test("mask hides it in the output of a later command", async () => {
  const session = await startCliSession();
  const { path, secretLine } = writeGrantKey(session);
  const environment = { SECRET_STASH_GRANT_KEY: path };
  const pulled = await session.run(["pull"], { environment });
  const sessionDirectory = /secret-stash-session-\w+/.exec(pulled.stdout)?.[0] ?? "";
  const { stdout } = await session.run(["mask"], {
    environment: {
      ...environment,
      SECRET_STASH_SESSION_DIR: join(session.job.temp, "tmp", sessionDirectory),
    },
    input: readFileSync(path, "utf8"),
  });
  expect(stdout).not.toContain(secretLine);
  expect(stdout).toContain("***");
});

test("mask says so when it cannot hide the key, because the file is gone or is not one", async () => {
  const session = await startCliSession();
  const { path, secretLine } = writeGrantKey(session);
  const { stdout } = await session.run(["pull"], { environment: { SECRET_STASH_GRANT_KEY: path } });
  const name = /secret-stash-session-\w+/.exec(stdout)?.[0] ?? "";
  const mask = (grantKey: string) =>
    session.run(["mask"], {
      environment: {
        SECRET_STASH_GRANT_KEY: grantKey,
        SECRET_STASH_SESSION_DIR: join(session.job.temp, "tmp", name),
      },
      input: `${secretLine}\nplain-secret-value\n`,
    });
  const warning = "The grant key is not masked";
  expect((await mask(path)).stderr).not.toContain(warning); // negative control
  const pipe = join(session.job.workspace, "pipe");
  execFileSync("mkfifo", [pipe]);
  for (const grantKey of [join(session.job.workspace, "gone.pem"), pipe, "/dev/stdin"]) {
    const { code, stdout, stderr } = await mask(grantKey);
    expect(code).toBe(0);
    expect(stdout).toContain(secretLine);
    expect(stdout).not.toContain("plain-secret-value");
    expect(stderr).toContain(warning);
  }
});

function writeGrantKey({ job, inputs }: { job: { workspace: string }; inputs: Record<string, string> }) {
  const key = (inputs["grant-key"] ?? "").replace(/^\d+:/, "");
  const path = join(job.workspace, "grant.pem");
  writeFileSync(path, key, { mode: 0o600 });
  return { path, secretLine: key.split("\n")[2] ?? "" };
}
