import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readQuoted } from "../../src/format/dotenv/quoted-value.ts";
import { actionRoot } from "../runner/job.ts";
import { startSession } from "../support/session.ts";
import { differences } from "./differences.ts";
import {
  hasPhpdotenv,
  officialClients,
  officialPhpClient,
  officialPull,
  pullWithOfficialCode,
  pushWithOfficialCode,
  readAsApplication,
  type Stored,
} from "./official-clients.ts";

const FILES = 2000;

const text = (characters: string) => fc.string({ unit: fc.constantFrom(...characters), maxLength: 10 });
const words = "abcXYZ019_./:@%+,;!?*~^&|<>()[]{}=-";
const escapes = fc.constantFrom(
  '\\"',
  "\\\\",
  "\\$",
  "\\n",
  "\\t",
  "\\r",
  "\\f",
  "\\v",
  "a",
  " ",
  "#",
  "'",
  "$x",
  "{",
  "é",
  "🌍",
);

/** What people write after `NAME=`, right and wrong, but for what `differences` lists. */
const written = fc.oneof(
  { weight: 3, arbitrary: text(words) },
  { weight: 2, arbitrary: text(`${words}$\\"'`) },
  { weight: 4, arbitrary: fc.array(escapes, { maxLength: 8 }).map((parts) => `"${parts.join("")}"`) },
  { weight: 2, arbitrary: text(`${words} #"$\\\t`).map((inside) => `'${inside}'`) },
  { weight: 1, arbitrary: text(`${words} \\"'#`).map((inside) => `"${inside}"`) },
  { weight: 1, arbitrary: fc.json({ maxDepth: 1 }).map((json) => `'${json}'`) },
  { weight: 1, arbitrary: fc.json({ maxDepth: 1, noUnicodeString: true } as object) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "",
      '""',
      "''",
      '"a"  ',
      "'a'\t",
      "'self' 'none'",
      '"a" "b"',
      "true",
      "null",
      "0",
      '"half',
    ),
  },
);
// A stored value that is not in quotes as a whole is read otherwise if it has a # or blanks around it: differences by design.
const isAlike = (value: string) => !/\$\{|\s#|[\r\n]/.test(value);
const isPlain = (stored: string) =>
  readQuoted(stored) !== undefined || (!stored.includes("#") && stored === stored.trim());
const files = fc.array(written.filter(isAlike), { minLength: 1, maxLength: 3 });

describe.skipIf(!hasPhpdotenv).each(["PHP", "Node"] as const)("pushed by the %s client", (client) => {
  test(`${FILES} random .env files: what an application reads from the official pull, GITHUB_ENV and our env file hold`, async () => {
    const pushed = fc.sample(files, { numRuns: FILES, seed: 20_261_121 }).map((values, file) => {
      const lines = values.map((value, index) => `V${file}_${index}=${value}`);
      return officialClients[client](lines.join("\n")).filter(([, stored]) => isPlain(stored));
    });
    const read = readAsApplication(pushed.map(officialPull));
    // phpdotenv stops at an error, and takes `="` for the beginning of a value of several lines, which then never ends.
    const isRead = (stored: Stored, index: number) => stored.length === Object.keys(read[index] ?? {}).length;
    const readable = pushed.filter(isRead);
    expect(readable.length).toBeGreaterThan(FILES / 3);
    const stored: Stored = readable.flat();
    const expected = Object.assign({}, ...read.filter((_, index) => isRead(pushed[index] ?? [], index)));

    const session = await startSession({ variables: Object.fromEntries(stored) });
    const step = session.step({ "env-file": ".env:laravel", unmasked: "*", "leak-check": "off" });
    expect(await step.main()).toBe(0);
    const { SECRET_STASH_KEY_DIR: _, ...exported } = Object.fromEntries(session.job.environment);
    expect(exported).toEqual(expected);
    const [file] = readAsApplication([readFileSync(join(session.job.workspace, ".env"), "utf8")]);
    expect(file).toEqual(expected);
  });
});

describe.skipIf(!hasPhpdotenv)("what differs, by design", () => {
  test.each(differences)(
    "$line, pushed by the $client client",
    async ({ line, client, application, ours }) => {
      const stored = officialClients[client](`X=${line}`);
      const [read] = readAsApplication([officialPull(stored)]);
      expect(read === null ? "an error" : (read?.X ?? "nothing")).toBe(application);
      const session = await startSession({ variables: Object.fromEntries(stored) });
      expect(await session.step().main()).toBe(0);
      expect(session.job.environment.get("X")).toBe(ours);
      expect(ours).not.toBe(application);
    },
  );
});

test("docs/migration.md lists every difference", () => {
  const page = readFileSync(join(actionRoot, "docs/migration.md"), "utf8");
  for (const { line, why } of differences)
    expect(page).toContain(`| \`${line.replaceAll("\n", "⏎")}\` | ${why} |`);
});

test.skipIf(!hasPhpdotenv)(
  "negative control: with unquote: false, the application would read something else",
  async () => {
    const stored = officialClients.PHP(`X="quoted"`);
    const session = await startSession({ variables: Object.fromEntries(stored) });
    expect(await session.step({ unquote: "false" }).main()).toBe(0);
    expect(session.job.environment.get("X")).not.toBe(readAsApplication([officialPull(stored)])[0]?.X);
  },
);

const title =
  officialPhpClient === ""
    ? "is not here (set OFFICIAL_PHP_CLIENT to a checkout)"
    : "does what we say it does";
test.skipIf(officialPhpClient === "")(`the official PHP client's own code ${title}`, () => {
  const lines = fc.sample(fc.string({ unit: fc.constantFrom(..."AB=\"'# \\$\texport\r\n") }), {
    numRuns: 2000,
    seed: 7,
  });
  const values = fc.sample(written, { numRuns: 2000, seed: 8 });
  const names = lines.map((line, index) => `${line}\nN${index} = ${values[index]}`);
  const text = names.join("\n");
  const ours = officialClients.PHP(text);
  const sent = pushWithOfficialCode(text, Buffer.alloc(32, 1));
  expect(sent.map(([name]) => name)).toEqual(ours.map(([name]) => name));
  const ascii: Stored = ours.filter(([name]) => /^[A-Z]\w*$/.test(name));
  expect(pullWithOfficialCode(ascii)).toBe(officialPull(ascii));
});
