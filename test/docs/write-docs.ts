import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isMissing, measure, programs, rowOf } from "../redact/printed-forms.ts";
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

/** The table of docs/masking.md, from what the programs print; as it is, if one of them is missing here. A test of each program compares. */
function writeForms(): void {
  const path = join(actionRoot, "docs/masking.md");
  if (programs.some(([, command]) => isMissing(command))) return;
  const rows = programs.map(([name, command]) => rowOf(name, measure(name, command)));
  const table = ["| printed by | on GitHub | on GitLab |", "| --- | --- | --- |", ...rows].join("\n");
  writeFileSync(path, replaceBetweenMarkers(readFileSync(path, "utf8"), "forms", table));
}

if (import.meta.main) {
  writeForms();
  for (const [path, content] of generatedDocs()) writeFileSync(join(actionRoot, path), content);
}
