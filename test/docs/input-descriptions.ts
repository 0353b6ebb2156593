import type { ActionManifest } from "../runner/job.ts";

/** src/inputs/descriptions.ts, which `--help` prints: the descriptions of the inputs in action.yml. */
export function inputDescriptions({ inputs }: Pick<ActionManifest, "inputs">): string {
  const descriptions = Object.entries(inputs).map(([name, { description }]) => [name, description]);
  return [
    "// Written by `npm run docs` from action.yml, where the inputs are described. Loaded by `--help` only.",
    "",
    "// biome-ignore format: generated",
    `export const inputDescriptions = ${JSON.stringify(Object.fromEntries(descriptions), null, 2)} as const;`,
    "",
  ].join("\n");
}
