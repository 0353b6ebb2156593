import type { Command } from "./command.ts";

const WIDTH = 100;

/**
 * The help on one command.
 *
 * @param inputs what the flags that are inputs mean
 */
export function describeCommand(
  { usage, description, flags }: Command,
  inputs: Readonly<Record<string, string>> = {},
): string {
  return [
    `usage: secret-stash-ci ${usage}`,
    "",
    ...description.split("\n").flatMap((paragraph) => wrap(paragraph)),
    "",
    "Flags:",
    ...Object.entries(flags).flatMap(([name, { value, description = inputs[name] ?? "" }]) =>
      describeFlag(name, value, description),
    ),
    "",
  ].join("\n");
}

function describeFlag(name: string, value: string | undefined, description: string): string[] {
  return [`  --${name}${value === undefined ? "" : ` ${value}`}`, ...wrap(description, "      ")];
}

export function wrap(text: string, indent = ""): string[] {
  const lines = [indent];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    const isEmpty = line === indent;
    if (!isEmpty && line.length + 1 + word.length > WIDTH) lines.push(indent + word);
    else lines[lines.length - 1] = isEmpty ? line + word : `${line} ${word}`;
  }
  return lines;
}
