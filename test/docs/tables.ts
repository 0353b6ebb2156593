import type { ActionManifest } from "../runner/job.ts";

// The README's tables, from the descriptions in action.yml, and those of names.

export function inputsTable({ inputs }: Pick<ActionManifest, "inputs">): string {
  const rows = Object.entries(inputs).map(([name, { description }]) => {
    const [, said = "", told = ""] = /^(.*?)(?: Default: (.+))?$/s.exec(description) ?? [];
    // The label's default is made by the host; its description says so in words.
    return `| \`${name}\` | ${told && `\`${told}\``} | ${said} |`;
  });
  return ["| input | default | what it is |", "| --- | --- | --- |", ...rows].join("\n");
}

export function outputsTable({ outputs }: Pick<ActionManifest, "outputs">): string {
  const rows = Object.entries(outputs).map(([name, { description }]) => `| \`${name}\` | ${description} |`);
  return ["| output | what it is |", "| --- | --- |", ...rows].join("\n");
}

/** @throws {Error} when the markers are not there */
export function replaceBetweenMarkers(text: string, name: string, content: string): string {
  const [begin, end] = [`<!-- begin ${name} -->`, `<!-- end ${name} -->`];
  const [before, rest] = text.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`there is no ${begin}`);
  return `${before}${begin}\n\n${content}\n\n${end}${after}`;
}

/** Names, and the reason why they are in a list. */
export interface NameRow {
  names: string[];
  reason: string;
}

/** @param source the text of src/select/refused-names.ts, in which the reasons are comments */
export function readNameRows(source: string, list: string): NameRow[] {
  const text = source.split(`export const ${list}:`)[1]?.split("\n];")[0] ?? "";
  return Array.from(text.matchAll(/^ {2}"([^"]+)", \/\/ (.+)$/gm), ([, names = "", reason = ""]) => ({
    names: names.split(" "),
    reason,
  }));
}

export function namesTable(rows: readonly NameRow[]): string {
  const lines = rows.map(({ names, reason }) => {
    const shown = names.map((name) => `\`${name}\``);
    return `| ${shown.join(", ")} | ${reason} |`;
  });
  return ["| names | why |", "| --- | --- |", ...lines].join("\n");
}
