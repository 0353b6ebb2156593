import { BrokerError } from "../../broker/broker-error.ts";
import { didYouMean } from "../../lib/did-you-mean.ts";
import { describeError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import { parseCall } from "../arguments.ts";
import type { Command } from "../command.ts";
import { describeCommand } from "../describe.ts";
import { exitCodeOf, exitCodes } from "../exit-code.ts";
import { audit } from "./audit.ts";
import { check } from "./check.ts";
import { init } from "./init.ts";
import { usageError } from "./options.ts";
import { serve } from "./serve.ts";
import { trust } from "./trust.ts";

const commands = { init, serve, check, audit, trust } as const satisfies Record<string, Command>;

type Name = keyof typeof commands;

/**
 * Runs `secret-stash-ci broker` with these arguments. Errors go to stderr, from here: to another bundle, they would be of no class that it knows.
 *
 * @returns the exit code
 */
export async function runBroker(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  try {
    return await run(args, environment);
  } catch (error) {
    if (error instanceof BrokerError) {
      process.stderr.write(`${error.message} [${error.code}]\n`);
      return error.code === "policy_invalid" ? exitCodes.usage : exitCodes.failure;
    }
    const { title, message } = describeError(error);
    process.stderr.write(`${title}\n${message}\n`);
    return exitCodeOf(error);
  }
}

async function run(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  process.umask(0o077); // Whatever a command writes is this user's alone.
  const [name = "help", ...rest] = args;
  if (!Object.hasOwn(commands, name)) {
    if (!["help", "--help", "-h"].includes(name)) {
      throw usageError(
        `There is no command broker ${printable(name)}.${didYouMean(name, Object.keys(commands))}`,
      );
    }
    process.stdout.write(overview());
    return exitCodes.success;
  }
  const command: Command = commands[name as Name];
  if (rest.includes("--help") || rest.includes("-h")) {
    process.stdout.write(describeCommand(command));
    return exitCodes.success;
  }
  return command.run({ ...parseCall(`broker ${name}`, command, rest), environment });
}

function overview(): string {
  const rows = Object.values(commands).map(
    ({ usage, description }) => `  ${usage}\n      ${description.split(". ")[0]}.`,
  );
  return [
    "usage: secret-stash-ci broker COMMAND [FLAGS]",
    "",
    "The key broker gives CI jobs access by their OIDC tokens, so that nothing is stored in CI (docs/broker.md).",
    "",
    ...rows,
    "",
  ].join("\n");
}
