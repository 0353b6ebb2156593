import { statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { failingMain, startSession } from "../support/session.ts";

test("the session's outputs are always there, the variables' only when asked for", async () => {
  const session = await startSession({ variables: { A: "value a", B: "value b" } });
  const step = session.step();
  expect(await step.main()).toBe(0);
  const {
    "key-dir": keyDirectory = "",
    "expires-at": expiresAt = "",
    ...outputs
  } = Object.fromEntries(step.outputs);
  expect(outputs).toEqual({ "device-key-id": "3", count: "2", names: '["A","B"]', available: "true" });
  expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now());
  expect(keyDirectory).toMatch(/\/_temp\/secret-stash-tmp-[0-9a-f]{16}$/);
  expect(statSync(keyDirectory).mode & 0o777).toBe(0o700);
  for (const file of ["device_private_key.pem", "device.json"]) {
    expect(statSync(join(keyDirectory, file)).mode & 0o777).toBe(0o600);
  }
});

test("with outputs there is one for each variable, and json, all masked", async () => {
  const session = await startSession({ variables: { A: "value a", B: 'quoted "b"' } });
  const step = session.step({ outputs: "true", "export-env": "false" });
  expect(await step.main()).toBe(0);
  expect(step.outputs.get("A")).toBe("value a");
  const json = step.outputs.get("json") ?? "";
  expect(JSON.parse(json)).toEqual({ A: "value a", B: 'quoted "b"' });
  session.job.log.write(`> ${json}`);
  expect(session.job.log.lines.at(-1)).toBe("> ***");
  expect(session.job.environment.size).toBe(0); // export-env: false leaves GITHUB_ENV alone
});

test("a variable that has the name of an output is refused, whatever its case: outputs are looked up without it", async () => {
  const session = await startSession({ variables: { COUNT: "1", Json: "2", FINE: "3" } });
  expect(await failingMain(session, { outputs: "true" })).toMatch(
    /used by this action itself \(.*\): COUNT, Json \[NAMES_REFUSED\]\n/,
  );
  const without = await startSession({ variables: { COUNT: "1" } });
  expect(await without.step().main()).toBe(0);
});

test("an empty environment is not an error", async () => {
  const session = await startSession({ variables: {} });
  const step = session.step({ outputs: "true" });
  expect(await step.main()).toBe(0);
  expect(step.outputs.get("count")).toBe("0");
  expect(step.outputs.get("json")).toBe("{}");
  expect(session.job.log.masks).not.toContain("{}"); // or every {} in the log would be ***
});

test("the log says where the variables came from, the key and the names, and nothing else", async () => {
  const session = await startSession({ variables: { A: "value a", B: "value b" } });
  const step = session.step({ label: "my label" });
  await step.main();
  await step.post();
  expect(session.job.log.lines).toEqual([
    `SecretStash: 2 variables from environment ci of application ${session.account.applicationId}.`,
    `Temporary device key 3, my label, expires at ${step.outputs.get("expires-at")}.`,
    "##[group]Names (2)",
    "A",
    "B",
    "##[endgroup]",
    "SecretStash: the temporary key is gone.",
  ]);
});
