import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { actionManifest, actionRoot } from "../runner/job.ts";
import { drawFlow } from "./flow.ts";
import { inputDescriptions } from "./input-descriptions.ts";
import { inputsTable, namesTable, outputsTable, readNameRows, replaceBetweenMarkers } from "./tables.ts";
import { writeTemplates } from "./templates.ts";

// Writes what is generated from action.yml and from code: `npm run docs`. A test compares.

/** By path, from the repository's root. */
export function generatedDocs(): Map<string, string> {
  const manifest = actionManifest();
  const readme = readFileSync(join(actionRoot, "README.md"), "utf8");
  const withInputs = replaceBetweenMarkers(readme, "inputs", inputsTable(manifest));
  const listed = readFileSync(join(actionRoot, "src/select/refused-names.ts"), "utf8");
  const lists = {
    "refused names": "dangerousNames",
    "harmless names": "harmless",
    "names to write out": "harmlessWhenNamed",
  };
  const names = Object.entries(lists).reduce(
    (text, [marker, list]) => replaceBetweenMarkers(text, marker, namesTable(readNameRows(listed, list))),
    readFileSync(join(actionRoot, "docs/refused-names.md"), "utf8"),
  );
  return new Map([
    ...writeTemplates(manifest),
    ["docs/refused-names.md", names],
    ["README.md", replaceBetweenMarkers(withInputs, "outputs", outputsTable(manifest))],
    ["src/inputs/descriptions.ts", inputDescriptions(manifest)],
    ["docs/flow-light.svg", drawFlow("light")],
    ["docs/flow-dark.svg", drawFlow("dark")],
  ]);
}

if (import.meta.main) {
  for (const [path, content] of generatedDocs()) writeFileSync(join(actionRoot, path), content);
}
