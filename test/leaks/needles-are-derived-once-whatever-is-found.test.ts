import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Session } from "node:inspector/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { scanFiles } from "../../src/leaks/scan.ts";
import { prepareSearch } from "../../src/leaks/search.ts";

// Deriving the needles of 10,000 secrets takes seconds. V8 counts how often the functions that do it are called.

const secrets = Array.from({ length: 300 }, (_, index) => ({
  name: `NAME_${index}`,
  value: `value number ${index} of three hundred`,
}));

test("a file that is full of secrets costs no more derivations than one with a single one", async () => {
  const one = await countDerivations(["a line", secrets[7]?.value ?? ""]);
  const many = await countDerivations(secrets.slice(0, 10).map(({ value }) => value));
  expect(one.names).toEqual(["NAME_7"]);
  expect(many.names).toEqual(secrets.slice(0, 10).map(({ name }) => name));
  expect(one.derivations).toBeGreaterThanOrEqual(secrets.length);
  expect(many.derivations).toBe(one.derivations);
});

test("each hit has its own variable and form, and a path with a value in it is masked", () => {
  const { identify, showPath } = prepareSearch(secrets);
  const value = secrets[3]?.value ?? "";
  expect(identify(Buffer.from(value))).toEqual({ name: "NAME_3", form: "as it is" });
  expect(identify(Buffer.from(Buffer.from(value).toString("hex")))).toEqual({ name: "NAME_3", form: "hex" });
  expect(identify(Buffer.from("something else"))).toEqual({ name: "a value", form: "in pieces" });
  expect(showPath(`dist/${value}.txt`)).toBe("dist/***.txt");
  expect(showPath(`${value}.txt`)).toBe("***.txt"); // The redactor begins anew for each path.
});

async function countDerivations(lines: readonly string[]): Promise<{ names: string[]; derivations: number }> {
  const folder = mkdtempSync(join(tmpdir(), "leaks-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "output.txt"), `${lines.join("\n")}\n`);
  const inspector = new Session();
  inspector.connect();
  try {
    await inspector.post("Profiler.enable");
    await inspector.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
    const search = prepareSearch(secrets);
    const { hits } = scanFiles([folder], () => search, {
      changedSince: 0,
      exempt: new Set(),
      endsAt: Number.POSITIVE_INFINITY,
      maxHits: 50,
    });
    const names = hits.map(({ found }) => search.identify(found).name);
    const { result } = await inspector.post("Profiler.takePreciseCoverage");
    const functions = result.flatMap((script) => script.functions);
    const derivations = functions
      .filter(({ functionName }) => functionName === "printedForms")
      .reduce((sum, { ranges }) => sum + (ranges[0]?.count ?? 0), 0);
    return { names, derivations };
  } finally {
    inspector.disconnect();
  }
}
