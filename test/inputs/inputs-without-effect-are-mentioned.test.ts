import { expect, test } from "vitest";
import { failingMain, startSession } from "../support/session.ts";

const variables = { DB_HOST: "db.example.test", DB_DEBUG: "debug-value", API_TOKEN_OF_APP: "s3cr3t-value" };

async function warningsFor(inputs: Record<string, string>): Promise<string[]> {
  const session = await startSession({ variables });
  expect(await session.step(inputs).main()).toBe(0);
  return session.job.log.annotations.filter(({ level }) => level === "warning").map(({ message }) => message);
}

test.each([
  [
    { variables: "!DB_DEBUG, *" },
    'variables: line 1, "!DB_DEBUG" has no effect, because a later rule brings back everything that it leaves out. Put it after that rule.',
  ],
  [
    { variables: "!DB_*\n*" },
    'variables: line 1, "!DB_*" has no effect, because a later rule brings back everything that it leaves out. Put it after that rule.',
  ],
  [
    { unmasked: "DB_HOTS" },
    "unmasked has entries that match none of the variables, as they are named after renaming:\n- DB_HOTS Did you mean DB_HOST?",
  ],
  [
    { "allow-names": "API_TOKEN" },
    "allow-names has entries that match none of the variables, as they are named after renaming:\n- API_TOKEN Did you mean API_TOKEN_OF_APP?",
  ],
  [{ shell: "sh" }, "shell: no effect, because there is no run. Add run, or take it out."],
  [
    { "working-directory": "sub", shell: "bash" },
    "shell, working-directory: no effect, because there is no run. Add run, or take it out.",
  ],
])("%j causes a warning", async (inputs, expected) => {
  expect(await warningsFor(inputs as unknown as Record<string, string>)).toEqual([expected]);
});

test.each([
  { variables: "*, !DB_DEBUG" },
  { variables: "*, !DB_*, DB_HOST" },
  { variables: "*, !NOTHING?" },
  { unmasked: "DB_*" },
  { run: "true", shell: "sh", "working-directory": "." },
])("%j causes none", async (inputs) => {
  expect(await warningsFor(inputs as unknown as Record<string, string>)).toEqual([]);
});

test.each([
  ["DB_HOSR", " Did you mean DB_HOST?"],
  ["DB_HOST_*", " Did you mean DB_HOST?"],
  ["QUEUE_*", ""],
  ["DV_*", " Did you mean DB_HOST or DB_DEBUG?"],
  ["API_TOKEN", " Did you mean API_TOKEN_OF_APP?"],
])("a rule that matches nothing: %s%s", async (rule, hint) => {
  const session = await startSession({ variables });
  expect(await failingMain(session, { variables: rule })).toContain(
    `match none of the 3 variables:\n- line 1, "${rule}"${hint}\n`,
  );
});
