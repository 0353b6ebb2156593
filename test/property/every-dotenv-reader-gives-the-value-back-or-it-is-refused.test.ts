import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { mergeDotenv } from "../../src/format/dotenv.ts";
import { dotenvReaders } from "./dotenv-readers.ts";
import { hostileText, propertyRuns } from "./hostile-text.ts";

const VALUES_A_FILE = 50;
const folder = mkdtempSync(join(tmpdir(), "dotenv-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const values = fc.array(hostileText, { minLength: VALUES_A_FILE, maxLength: VALUES_A_FILE });
const before = "# comment 'with a quote\nFIRST=1\nexport SECOND=two # why\n";

describe.each(dotenvReaders)("$name", (reader) => {
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
        const text = mergeDotenv(before, carried);
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

test("most hostile values are written, so that the properties above mean something", () => {
  const sample = fc.sample(hostileText, { numRuns: 1000, seed: 1 });
  const carried = sample.filter((value) => isCarried("NAME", value));
  expect(carried.length).toBeGreaterThan(300);
});

test("negative control: without a refusal, readers disagree", () => {
  const value = 'it\'s "both"';
  expect(isCarried("NAME", value)).toBe(false);
  const naive = `NAME="${value.replaceAll('"', '\\"')}"\n`;
  const npm = dotenvReaders.find(({ name }) => name === "npm's dotenv");
  expect(npm?.read("", naive).NAME).not.toBe(value);
});

function isCarried(name: string, value: string): boolean {
  try {
    mergeDotenv("", new Map([[name, value]]));
    return true;
  } catch {
    return false;
  }
}
