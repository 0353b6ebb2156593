import type { Command } from "./command.ts";

/** Every command, in the order of the overview. A command is loaded when it is called, because `mask` stands in pipes and has to be quick. */
export const commands = {
  pull: {
    usage: "pull",
    summary: "decrypt the variables, and hand them to the shell or the job",
    load: async () => (await import(/* webpackMode: "eager" */ "./commands/pull.ts")).pull,
  },
  exec: {
    usage: "exec -- CMD ARGS",
    summary: "run one command with the variables, and mask its output",
    load: async () => (await import(/* webpackMode: "eager" */ "./commands/exec.ts")).exec,
  },
  mask: {
    usage: "mask",
    summary: "copy standard input to standard output with every value masked",
    load: async () => (await import(/* webpackMode: "eager" */ "./commands/mask.ts")).mask,
  },
  "leak-check": {
    usage: "leak-check PATHS",
    summary: "look for pulled values in files",
    load: async () => (await import(/* webpackMode: "eager" */ "./commands/leak-check.ts")).leakCheck,
  },
  approve: {
    usage: "approve",
    summary: "give the key of a waiting job access, from your own machine",
    load: async () => (await import(/* webpackMode: "eager" */ "./commands/approve.ts")).approve,
  },
  doctor: {
    usage: "doctor",
    summary: "find out what keeps a pull from working",
    load: async () => (await import(/* webpackMode: "eager" */ "./commands/doctor.ts")).doctor,
  },
  "clean-up": {
    usage: "clean-up",
    summary: "delete the key and everything else that pull left",
    load: async () => (await import(/* webpackMode: "eager" */ "./commands/clean-up.ts")).cleanUp,
  },
} as const satisfies Record<string, { usage: string; summary: string; load: () => Promise<Command> }>;

export type CommandName = keyof typeof commands;

export function isCommandName(name: string): name is CommandName {
  return Object.hasOwn(commands, name);
}
