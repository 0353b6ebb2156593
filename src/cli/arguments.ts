import { parseArgs } from "node:util";
import { printable, StashError } from "../lib/errors.ts";
import { approverDefaults } from "../inputs/approver.ts";
import { inputDefaults } from "../inputs/defaults.ts";
import { inputVariable } from "../inputs/reader.ts";

/** One command, as it was typed. */
export interface CommandLine {
  command: "pull" | "clean-up" | "exec" | "mask" | "approve" | "doctor" | "leak-check" | "help" | "version";
  /** what `help` is about */
  topic: string;
  flags: ReadonlyMap<string, string | true>;
  /** after `--`, or the paths that a command takes */
  rest: readonly string[];
}

// Whoever may list processes reads command lines: these come from variables, files or standard input alone.
const neverFlags = ["api-token", "grant-key"];
const notInputsHere = [...neverFlags, "run", "shell", "working-directory", "outputs", "summary"];

export const inputFlags = Object.keys(inputDefaults).filter((name) => !notInputsHere.includes(name));
const secretFileFlags = neverFlags.map((name) => `${name}-file`);

const flagsOf: Record<string, readonly string[]> = {
  pull: [...inputFlags, ...secretFileFlags, "allow-debug-trace", "session-dir", "format"],
  exec: [...inputFlags, ...secretFileFlags],
  mask: ["session-dir", "values-file"],
  "leak-check": ["session-dir"],
  doctor: [...inputFlags, ...secretFileFlags],
  approve: [
    ...Object.keys(approverDefaults).filter((name) => !["api-token", "watch"].includes(name)),
    "api-token-file",
  ],
  "clean-up": [...secretFileFlags, "session-dir", "revoke", "leak-check", "ca-file"],
};
const switchesOf: Record<string, readonly string[]> = {
  mask: ["exact", "session-log"],
  approve: ["watch", "json"],
  doctor: ["full", "json"],
};

/** @throws {StashError} `USAGE` */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const [command = "help", ...others] = args;
  const parsed = { topic: "", flags: new Map<string, string | true>(), rest: [] as string[] };
  if (command === "--version" || command === "-V") return { command: "version", ...parsed };
  if (command === "help" || command === "--help" || command === "-h") {
    return { command: "help", ...parsed, topic: others[0] ?? "" };
  }
  const known = flagsOf[command];
  if (known === undefined) throw usage(`There is no command ${printable(command)}`, "");
  const separator = others.indexOf("--");
  const own = separator < 0 ? others : others.slice(0, separator);
  if (own.includes("--help") || own.includes("-h")) return { command: "help", ...parsed, topic: command };
  const { flags, paths } = parseFlags(command, own, known);
  const rest = separator < 0 ? [] : others.slice(separator + 1);
  if (command === "leak-check") return { command, topic: "", flags, rest: [...paths, ...rest] };
  if ((command === "exec") !== rest.length > 0) {
    throw usage(
      command === "exec" ? "The command is missing: exec -- CMD ARGS" : `${command} takes no command`,
      command,
    );
  }
  return { command: command as CommandLine["command"], topic: "", flags, rest };
}

function parseFlags(
  command: string,
  args: readonly string[],
  known: readonly string[],
): { flags: Map<string, string | true>; paths: string[] } {
  const secret = neverFlags.find((name) =>
    args.some((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`)),
  );
  if (secret !== undefined) {
    throw usage(
      `--${secret} is not taken from the command line, which every process can list. Set ${inputVariable(secret)}, or give --${secret}-file FILE (- for standard input)`,
      command,
    );
  }
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      strict: true,
      allowPositionals: command === "leak-check",
      options: {
        ...Object.fromEntries(known.map((name) => [name, { type: "string" as const }])),
        ...Object.fromEntries(
          (switchesOf[command] ?? []).map((name) => [name, { type: "boolean" as const }]),
        ),
      },
    });
    return { flags: new Map(Object.entries(values) as [string, string | true][]), paths: positionals };
  } catch (error) {
    // Node's message can quote an argument, which may be a value put in the wrong place.
    const code = (error as NodeJS.ErrnoException).code ?? "";
    const why = code.includes("UNKNOWN_OPTION")
      ? "There is no such flag"
      : code.includes("UNEXPECTED_POSITIONAL")
        ? "An argument stands where a flag belongs"
        : "A flag has no value";
    throw usage(why, command);
  }
}

function usage(what: string, command: string): StashError {
  return new StashError("USAGE", `${what}. See: secret-stash-ci ${command}${command && " "}--help`);
}
