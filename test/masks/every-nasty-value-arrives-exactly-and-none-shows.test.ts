import { expect, test } from "vitest";
import { nastyValues } from "../support/nasty-values.ts";
import { failingMain, startSession } from "../support/session.ts";

const expected = Object.fromEntries(Object.entries(nastyValues).map(([name, value]) => [name, value ?? ""]));

test("later steps get every value exactly, and the log shows none of them in any form", async () => {
  const session = await startSession({ variables: nastyValues });
  const step = session.step({ outputs: "true", unquote: "false" });
  expect(await step.main()).toBe(0);
  const { log, environment } = session.job;

  const { SECRET_STASH_KEY_DIR: keyDirectory, ...exported } = Object.fromEntries(environment);
  expect(exported).toEqual(expected);
  expect(keyDirectory).toBe(step.outputs.get("key-dir"));
  expect(JSON.parse(step.outputs.get("json") ?? "")).toEqual(expected);
  for (const [name, value] of Object.entries(expected)) expect(step.outputs.get(name), name).toBe(value);

  // The environment that a step would print goes through the same masks.
  const printed = Object.values(expected).flatMap(formsOf);
  const shownBefore = log.lines.length;
  for (const text of printed) for (const line of text.split(/\r\n|\n|\r/)) log.write(`> ${line}`);
  const shown = log.lines.join("\n");
  for (const secret of printed) {
    // A line or an encoding of under four characters is not masked, or every `{` in the log would be.
    const parts = secret
      .split(/[\r\n]/)
      .map((part) => part.trim())
      .filter((part) => part.length >= 8 && !/^-----(BEGIN|END) /.test(part)); // public, as are the first and last line of PEM
    for (const part of parts) expect(shown.includes(part), part.slice(0, 60)).toBe(false);
  }
  expect(log.lines.slice(0, shownBefore).join("\n")).not.toMatch(/INJECTED=|json-leaf|pretty-client/);
  expect(log.annotations.filter(({ level }) => level === "error")).toEqual([]);

  environment.delete("MB_3"); // Linux starts no process with it: the warning below
  expect(await step.post()).toBe(0);
  expect(session.leftInTemp()).toEqual([]);
});

test("values over 128 KiB get a warning, because Linux starts no process with them", async () => {
  const session = await startSession({ variables: { HUGE: "x".repeat(200_000), FINE: "small enough" } });
  expect(await session.step().main()).toBe(0);
  const [warning] = session.job.log.annotations;
  expect(warning?.level).toBe("warning");
  expect(warning?.message).toMatch(/^HUGE: larger than 128 KiB/);
});

test("a value that holds NUL is refused by name, and nothing is exported", async () => {
  const session = await startSession({ variables: { FINE: "fine value", WITH_NUL: "before\0after" } });
  const message = await failingMain(session);
  expect(message).toMatch(/NUL character: WITH_NUL\. .*\[VALUES_REFUSED\]\n/);
});

function formsOf(value: string): string[] {
  const bytes = Buffer.from(value);
  return [
    value,
    value.replace(/\r?\n$/, ""),
    bytes.toString("base64"),
    bytes.subarray(1).toString("base64"),
    bytes.subarray(2).toString("base64"),
    bytes.toString("base64url"),
    bytes.toString("hex"),
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value),
  ];
}
