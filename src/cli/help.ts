import { inputDescriptions } from "../inputs/descriptions.ts";
import type { Command, Flag } from "./command.ts";
import { commands, isCommandName } from "./commands.ts";

const WIDTH = 100;

/** The help on one command; without one, the overview. */
export async function helpOn(topic: string): Promise<string> {
  return isCommandName(topic) ? describeCommand(await commands[topic].load()) : overview();
}

function overview(): string {
  const rows = Object.values(commands).map(({ usage, summary }) => `  ${usage.padEnd(18)}${summary}`);
  return [
    "usage: secret-stash-ci COMMAND [FLAGS]",
    "",
    ...rows,
    "",
    "secret-stash-ci COMMAND --help describes a command and its flags; --version prints the version.",
    "",
    ...wrap(
      "Every input is also read from the environment (SECRET_STASH_ENVIRONMENT for environment). A flag wins over the variable. The token, " +
        "the grant key and approval-webhook are never given as a flag's value: set SECRET_STASH_API_TOKEN and SECRET_STASH_GRANT_KEY, or use " +
        "--api-token-file, --grant-key-file and --approval-webhook-file (- for standard input).",
    ),
    "",
    "Exit codes:",
    "  0  success",
    "  1  failure",
    "  2  wrong usage or inputs",
    "  3  credentials or access",
    "  4  refused by a rule",
    "  5  the service is unavailable",
    "exec ends with the exit code of its command.",
    "",
  ].join("\n");
}

function describeCommand({ usage, description, flags }: Command): string {
  return [
    `usage: secret-stash-ci ${usage}`,
    "",
    ...description.split("\n").flatMap((paragraph) => wrap(paragraph)),
    "",
    "Flags:",
    ...Object.entries(flags).flatMap(([name, flag]) => describeFlag(name, flag)),
    "",
  ].join("\n");
}

function describeFlag(name: string, { value, description }: Flag): string[] {
  const text = description ?? inputDescriptions[name as keyof typeof inputDescriptions] ?? "";
  return [`  --${name}${value === undefined ? "" : ` ${value}`}`, ...wrap(text, "      ")];
}

function wrap(text: string, indent = ""): string[] {
  const lines = [indent];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    const isEmpty = line === indent;
    if (!isEmpty && line.length + 1 + word.length > WIDTH) lines.push(indent + word);
    else lines[lines.length - 1] = isEmpty ? line + word : `${line} ${word}`;
  }
  return lines;
}
