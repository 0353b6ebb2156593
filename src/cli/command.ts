/** A flag of a command. */
export interface Flag {
  /** what stands for the value in the help; a switch has none */
  value?: string;
  /** what the help says; an input's flag has none, because the input's own description is used */
  description?: string;
}

export type Flags = Readonly<Record<string, Flag>>;

/** One command of `secret-stash-ci`: its flags, its help and its code. */
export interface Command {
  /** what follows `secret-stash-ci` */
  usage: string;
  description: string;
  flags: Flags;
  /** what follows the flags: a command after `--`, paths, or nothing */
  operands: "command" | "paths" | "none";
  /** whether it runs on a Node that is too old for the others, because it reports that itself or does what it can */
  runsOnOldNode: boolean;
  /** @returns the exit code; throws a StashError for what went wrong */
  run(call: Call): Promise<number>;
}

/** How a command was called. */
export interface Call {
  flags: ReadonlyMap<string, string | true>;
  /** the command after `--`, or paths */
  operands: readonly string[];
  environment: NodeJS.ProcessEnv;
}
