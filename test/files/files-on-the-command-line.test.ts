import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { startCliSession } from "../support/cli.ts";

const variables = { KEY: Buffer.from("key-of-the-app\n").toString("base64"), OTHER: "another-secret" };

test("pull writes them and hands over the path, clean-up deletes them", async () => {
  const session = await startCliSession({ variables });
  const args = ["pull", "--files", "KEY > key.pem as KEY_FILE base64\nOTHER > ~ as OTHER_FILE"];
  const { code, stdout, stderr } = await session.run(args);
  expect(code, stderr).toBe(0);
  const text = readFileSync(stdout.trim(), "utf8");
  const value = (name: string) => new RegExp(`^export ${name}='(.*)'$`, "m").exec(text)?.[1] ?? "";
  expect(readFileSync(value("KEY_FILE"), "utf8")).toBe("key-of-the-app\n");
  expect(readFileSync(value("OTHER_FILE"), "utf8")).toBe("another-secret");
  expect(text).not.toMatch(/^export (KEY|OTHER)=/m);
  const environment = { SECRET_STASH_SESSION_DIR: value("SECRET_STASH_SESSION_DIR") };
  const masked = await session.run(["mask"], { environment, input: "x key-of-the-app y\n" });
  expect(masked.stdout).toBe("x *** y\n");
  expect((await session.run(["clean-up"], { environment })).code).toBe(0);
  expect(readdirSync(session.job.workspace)).toEqual([]);
  expect(session.left()).toEqual([]);
});

test("exec gives them to one command, beside an env file, and both are gone when it ends", async () => {
  const session = await startCliSession({ variables });
  const script = 'cat "$KEY_FILE"; cat .env; test -z "${KEY-}" && echo "the end"';
  const { code, stdout, stderr } = await session.run([
    ...["exec", "--files", "KEY > key.pem as KEY_FILE base64", "--write-env-file", ".env:docker OTHER"],
    ...["--", "sh", "-c", script],
  ]);
  expect(code, stderr).toBe(0);
  expect(stdout).toBe("***\nOTHER=***\nthe end\n");
  expect(readdirSync(session.job.workspace)).toEqual([]);
  expect(session.left()).toEqual([]);
});
