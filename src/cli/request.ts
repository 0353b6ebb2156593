import { didYouMean } from "../lib/did-you-mean.ts";
import { printable } from "../lib/printable.ts";
import { splitAtSeparator, usageError } from "./arguments.ts";
import { type CommandName, commands, isCommandName } from "./commands.ts";

/** What the arguments ask for. */
export type Request =
  | { kind: "version" }
  | { kind: "help"; topic: string }
  | { kind: "broker"; args: readonly string[] }
  | { kind: "command"; name: CommandName; args: readonly string[] };

/** @throws {StashError} `USAGE` */
export function parseRequest([name = "help", ...args]: readonly string[]): Request {
  if (name === "--version" || name === "-V") return { kind: "version" };
  if (name === "help" || name === "--help" || name === "-h") return { kind: "help", topic: args[0] ?? "" };
  if (name === "broker") return { kind: "broker", args };
  if (!isCommandName(name)) {
    const known = [...Object.keys(commands), "broker"];
    throw usageError(`There is no command ${printable(name)}.${didYouMean(name, known)}`, "");
  }
  const [own] = splitAtSeparator(args);
  if (own.includes("--help") || own.includes("-h")) return { kind: "help", topic: name };
  return { kind: "command", name, args };
}
