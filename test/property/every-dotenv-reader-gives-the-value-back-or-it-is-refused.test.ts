import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { dockerCompose } from "../../src/format/dotenv/docker-compose.ts";
import { type Dialect, mergeDotenv } from "../../src/format/dotenv/merge.ts";
import { nodeDotenv } from "../../src/format/dotenv/node-dotenv.ts";
import { phpdotenv } from "../../src/format/dotenv/phpdotenv.ts";
import { portable } from "../../src/format/dotenv/portable.ts";
import { pythonDotenv } from "../../src/format/dotenv/python-dotenv.ts";
import { rubyDotenv } from "../../src/format/dotenv/ruby-dotenv.ts";
import { type DotenvReader, dotenvReaders, readerNamed } from "./dotenv-readers.ts";
import { hostileText, propertyRuns } from "./hostile-text.ts";

const VALUES_A_FILE = 50;
const folder = mkdtempSync(join(tmpdir(), "dotenv-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// Single characters, and the words that readers look for.
const words = fc.constantFrom(
  "${APP_NAME}",
  "$FIRST",
  "$(id)",
  "\\n",
  "\\r",
  "\r\n",
  "export A=",
  "\nA=",
  ' #"',
  "'",
  '"',
  "`",
  "\\",
  '="',
);
const texts = fc.oneof(
  { weight: 3, arbitrary: hostileText },
  {
    weight: 1,
    arbitrary: fc
      .array(fc.oneof(words, fc.string({ maxLength: 3, unit: "grapheme-ascii" })))
      .map((parts) => parts.join("")),
  },
);
const values = fc.array(texts, { minLength: VALUES_A_FILE, maxLength: VALUES_A_FILE });
const before = "# comment 'with a quote\nFIRST=1\nexport SECOND=two # why\n";

// For every reader at once, and for one. The last number is how many of a thousand hostile values are carried at least.
const formats: [string, Dialect, DotenvReader[], number][] = [
  ["dotenv", portable, dotenvReaders, 300],
  ["phpdotenv", phpdotenv, [readerNamed("vlucas/phpdotenv")], 1000],
  ["node-dotenv", nodeDotenv, [readerNamed("npm's dotenv")], 900],
  ["python-dotenv", pythonDotenv, [readerNamed("python-dotenv")], 1000],
  ["ruby-dotenv", rubyDotenv, [readerNamed("ruby's dotenv")], 700],
  ["docker-compose", dockerCompose, [readerNamed("compose-go")], 1000],
];

describe.each(formats)("the format %s", (_, dialect, readers, least) => {
  const isCarried = (name: string, value: string) => {
    try {
      mergeDotenv("", new Map([[name, value]]), dialect);
      return true;
    } catch {
      return false;
    }
  };

  describe.each(readers)("$name", (reader) => {
    const isInstalled = reader.isInstalled();
    const title = isInstalled
      ? "reads back exactly what was not refused"
      : `is missing (apt-get install ${reader.package})`;

    test.skipIf(!isInstalled)(title, () => {
      fc.assert(
        fc.property(values, (candidates) => {
          const carried = new Map(
            candidates
              .map((value, index) => [`NAME_${index}`, value] as const)
              .filter(([name, value]) => isCarried(name, value) && !reader.cannotRead?.(value)),
          );
          const file = join(folder, "test.env");
          const text = mergeDotenv(before, carried, dialect);
          writeFileSync(file, text);
          expect(reader.read(file, text)).toMatchObject({
            FIRST: "1",
            SECOND: "two",
            ...Object.fromEntries(carried),
          });
        }),
        { numRuns: Math.ceil(propertyRuns / VALUES_A_FILE) },
      );
    });
  });

  test("merged a second time, every name still has its new value, once", () => {
    fc.assert(
      fc.property(values, values, (first, second) => {
        const named = (list: readonly string[]) =>
          new Map(
            list
              .map((value, index) => [`NAME_${index}`, value] as const)
              .filter((entry) => isCarried(...entry)),
          );
        const [one, two] = [named(first), named(second)];
        const merged = mergeDotenv(mergeDotenv("", one, dialect), two, dialect);
        expect(merged).toBe(mergeDotenv("", new Map([...one, ...two]), dialect));
      }),
      { numRuns: Math.ceil(propertyRuns / VALUES_A_FILE) },
    );
  });

  test("carries enough, so that the properties above mean something", () => {
    const sample = fc.sample(hostileText, { numRuns: 1000, seed: 1 });
    expect(sample.filter((value) => isCarried("NAME", value)).length).toBeGreaterThanOrEqual(least);
  });
});

test("negative control: without a refusal, readers disagree", () => {
  const value = 'it\'s "both"';
  expect(portable.refusalOf("NAME", value)).toMatch(/double quote/);
  const naive = `NAME="${value.replaceAll('"', '\\"')}"\n`;
  expect(readerNamed("npm's dotenv").read("", naive).NAME).not.toBe(value);
});

test("negative control: the escapes of one reader are not those of another", () => {
  const value = "$" + "{APP_NAME} it's \\n";
  const written = `NAME=${phpdotenv.write(value)}\n`;
  expect(readerNamed("npm's dotenv").read("", written).NAME).not.toBe(value);
});
