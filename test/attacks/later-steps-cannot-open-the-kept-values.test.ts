import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openEnvelope } from "../../src/crypto/envelope.ts";
import { decryptPayload } from "../../src/crypto/payload.ts";
import { startCliSession } from "../support/cli.ts";
import { startSession } from "../support/session.ts";

// Attack 7: the values that are kept for post lay next to the key that opened them.

const variables = { API_KEY: "plain-secret-value" };

test("on GitHub, nothing on disk opens them, and the state is sealed", async () => {
  const session = await startSession({ variables });
  const step = session.step({ "export-env": "false" });
  expect(await step.main()).toBe(0);
  const [left = ""] = session.leftInTemp();
  expect(open(join(session.job.temp, left))).toBeUndefined();
  const state = JSON.parse(step.state.get("undo") ?? "");
  expect(Object.keys(state)).not.toContain("keptKey");
  expect(state.seal).toMatch(/^[\w-]{100,}$/);
  // Post can: it finds the value.
  await session.job.run("printf %s plain-secret-value > leak");
  expect(await step.post()).toBe(0);
  expect(session.job.log.annotations[0]?.message).toBe("Leak: leak:1:1 holds API_KEY, as it is.");
});

test("the command of run cannot read it either, although it finds the state's file", async () => {
  const session = await startSession({ variables });
  const run = 'cat "$(dirname "$GITHUB_ENV")/state" > seen';
  expect(await session.step({ run }).main()).toBe(0);
  const states = readFileSync(join(session.job.workspace, "seen"), "utf8");
  expect(states).toContain("undo");
  expect(states).not.toMatch(/keptKey|proxies|origin/);
});

test("negative control: where later commands of the job need them, the key next to them opens them", async () => {
  const session = await startCliSession({ variables });
  expect((await session.run(["pull"])).code).toBe(0);
  const [left = ""] = session.left();
  const directory = join(session.job.temp, "tmp", left);
  const [key = ""] = readdirSync(directory).filter((name) => name.startsWith("secret-stash-tmp-"));
  expect(open(join(directory, key))).toContain("plain-secret-value");
});

function open(keyDirectory: string): string | undefined {
  const [head = "", payload = ""] = readFileSync(join(keyDirectory, "secrets.jsonl"), "utf8").split("\n");
  const { envelope } = JSON.parse(head);
  const privateKey = readFileSync(join(keyDirectory, "device_private_key.pem"), "utf8");
  return envelope && decryptPayload(payload, openEnvelope(envelope, privateKey));
}
