import type { Command } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { inputFlags, readGivenInputs } from "../flags.ts";
import { cancellable } from "../session.ts";

export const doctor: Command = {
  usage: "doctor [--full] [--json] [INPUTS]",
  description:
    "Checks everything that a pull needs, in order: this machine, the inputs, the service, the token, the application, the environment, the " +
    "grant key, and one variable. Ends with exit code 0 only if a pull would work. It writes nothing, unless --full is given.",
  flags: {
    full: { description: "Also register a temporary key, give it access as a pull does, and delete it." },
    json: { description: "Print the results as JSON on stdout, and messages for people on stderr." },
    ...inputFlags,
  },
  operands: "none",
  runsOnOldNode: true, // It reports that by itself.
  run: async (call) => {
    const { flags, environment } = call;
    const given = await readGivenInputs(call);
    const { createTerminal } = await import(/* webpackMode: "eager" */ "../../ci/terminal.ts");
    const { detectSystem } = await import(/* webpackMode: "eager" */ "../../ci/detect.ts");
    const { diagnose } = await import(/* webpackMode: "eager" */ "../../doctor/doctor.ts");
    return cancellable(async (cancelled) => {
      const system = detectSystem({ environment, given, cancelled });
      const works = await diagnose(system, createTerminal(flags.has("json"), cancelled), flags.has("full"));
      return works ? exitCodes.success : exitCodes.failure;
    }, "Nothing is left behind.");
  },
};
