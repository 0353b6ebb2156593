import { parseArgs } from "node:util";
import { inputVariable } from "../inputs/defaults.ts";
import { didYouMean } from "../lib/did-you-mean.ts";
import { StashError } from "../lib/errors.ts";
import type { Call, Command } from "./command.ts";
import { ENV_FILE_FLAG, secretInputs } from "./flags.ts";

/** @throws {StashError} `USAGE` */
export function parseCall(
  name: string,
  { flags: known, operands: takes }: Pick<Command, "flags" | "operands">,
  args: readonly string[],
): Omit<Call, "environment"> {
  const [own, rest] = splitAtSeparator(args);
  refuseFlagsOfNode(name, args);
  refuseSecrets(name, own);
  refuseUnknownFlags(name, own, Object.keys(known));
  const { flags, positionals } = parseFlags(name, own, known, takes === "paths");
  const operands = [...positionals, ...(rest ?? [])];
  if (takes === "command" && operands.length === 0) {
    throw usageError("The command is missing: exec -- CMD ARGS.", name);
  }
  if (takes === "none" && operands.length > 0) throw usageError(`${name} takes no arguments after --.`, name);
  return { flags, operands };
}

/** @returns what stands before `--`, and what stands after it */
export function splitAtSeparator(args: readonly string[]): [string[], string[] | undefined] {
  const separator = args.indexOf("--");
  return separator < 0 ? [[...args], undefined] : [args.slice(0, separator), args.slice(separator + 1)];
}

/**
 * Node looks for these among all arguments, also after `--`, and loads what the file says before this program starts (src/node.cc,
 * InitializeNodeWithArgsInternal). A pull request can contain such a file, so a command line that has one is an error from its first use.
 */
function refuseFlagsOfNode(command: string, args: readonly string[]): void {
  const found = args.find((arg) => /^--experimental-(default-)?config-file(=|$)/.test(arg));
  if (found === undefined) return;
  throw usageError(
    `Node itself reads ${found.replace(/=.*/s, "")} among these arguments, and runs what the file says. Put the command into a shell: ` +
      "exec -- sh -c '…'.",
    command,
  );
}

function refuseSecrets(command: string, args: readonly string[]): void {
  const secret = secretInputs.find((name) =>
    args.some((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`)),
  );
  if (secret === undefined) return;
  throw usageError(
    `--${secret} cannot be given on the command line, because every process can read it there. Set ${inputVariable(secret)}, or use ` +
      `--${secret}-file FILE (- for standard input).`,
    command,
  );
}

/** Names the flag. The message of `parseArgs` can quote a whole argument, which may be a secret in the wrong place. */
function refuseUnknownFlags(command: string, args: readonly string[], known: readonly string[]): void {
  for (const arg of args) {
    const name = /^--([A-Za-z][\w-]{0,39})(?:=|$)/.exec(arg)?.[1];
    if (name === "env-file" && known.includes(ENV_FILE_FLAG)) {
      throw usageError(
        `Node itself reads --env-file, and runs what the file says in NODE_OPTIONS. Use --${ENV_FILE_FLAG} FILE.`,
        command,
      );
    }
    if (name === undefined || known.includes(name)) continue;
    const flags = known.map((flag) => `--${flag}`);
    throw usageError(`${command} has no flag --${name}.${didYouMean(`--${name}`, flags)}`, command);
  }
}

function parseFlags(
  command: string,
  args: string[],
  known: Command["flags"],
  takesPaths: boolean,
): { flags: Map<string, string | true>; positionals: string[] } {
  const options = Object.fromEntries(
    Object.entries(known).map(([name, { value }]) => [
      name,
      { type: value === undefined ? ("boolean" as const) : ("string" as const) },
    ]),
  );
  try {
    const { values, positionals } = parseArgs({ args, strict: true, allowPositionals: takesPaths, options });
    return { flags: new Map(Object.entries(values) as [string, string | true][]), positionals };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (code.includes("UNKNOWN_OPTION")) throw usageError("There is no such flag.", command);
    if (code.includes("UNEXPECTED_POSITIONAL")) {
      throw usageError("Unexpected argument: only flags are expected here.", command);
    }
    throw usageError("A flag is missing its value, or has a value that it does not take.", command);
  }
}

export function usageError(what: string, command: string): StashError {
  return new StashError("USAGE", `${what} See: secret-stash-ci ${command}${command && " "}--help`);
}
