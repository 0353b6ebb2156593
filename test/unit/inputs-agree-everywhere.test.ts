import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { inputDefaults } from "../../src/inputs/defaults.ts";
import { version } from "../../src/lib/version.ts";
import { actionManifest, actionRoot } from "../runner/job.ts";

const manifest = actionManifest();
const readme = readFileSync(join(actionRoot, "README.md"), "utf8");

describe("action.yml, the parser and the README", () => {
  test("have the same inputs", () => {
    expect(Object.keys(manifest.inputs).sort()).toEqual(Object.keys(inputDefaults).sort());
    expect(firstColumn("Inputs").sort()).toEqual(Object.keys(inputDefaults).sort());
  });

  test("have the same outputs", () => {
    expect(firstColumn("Outputs").sort()).toEqual(Object.keys(manifest.outputs).sort());
  });

  test("mention the same defaults", () => {
    for (const [name, value] of Object.entries(inputDefaults)) {
      const told = /Default: (.+)$/.exec(manifest.inputs[name]?.description ?? "")?.[1] ?? "";
      if (name !== "label") expect(told, name).toBe(value); // the label's default is made by the host
      const row = rows("Inputs").find(([first]) => first === name) ?? [];
      expect(row[1], name).toBe(
        name === "label" ? "`CI/CD Temporary Key (project workflow #run)`" : value && `\`${value}\``,
      );
    }
  });

  test("describe each input and output in the same words", () => {
    for (const [name, , description] of rows("Inputs")) {
      const told = manifest.inputs[name ?? ""]?.description.replace(/ Default: .+$/, "");
      expect(description, name).toBe(told);
    }
    for (const [name, description] of rows("Outputs")) {
      expect(description, name).toBe(manifest.outputs[name ?? ""]?.description);
    }
  });
});

test("no input has a default in action.yml, where it would win over the environment variable", () => {
  for (const input of Object.values(manifest.inputs)) expect(input).not.toHaveProperty("default");
});

test("the version sent to the service is the package's", () => {
  expect(version).toBe(JSON.parse(readFileSync(join(actionRoot, "package.json"), "utf8")).version);
});

/** The cells of the first table under a heading, names without their backticks. */
function rows(heading: string): string[][] {
  const section = readme.split(new RegExp(`^## ${heading}$`, "m"))[1]?.split(/^## /m)[0] ?? "";
  const lines = section.split("\n").filter((line) => line.startsWith("| `"));
  return lines.map((line) => {
    const cells = line
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim());
    return [cells[0]?.replaceAll("`", "") ?? "", ...cells.slice(1)];
  });
}

function firstColumn(heading: string): string[] {
  return rows(heading).map(([name]) => name ?? "");
}
