import { inputDescriptions } from "../inputs/descriptions.ts";
import { commands, isCommandName } from "./commands.ts";
import { describeCommand, wrap } from "./describe.ts";

/** The help on one command; without one, the overview. */
export async function helpOn(topic: string): Promise<string> {
  return isCommandName(topic) ? describeCommand(await commands[topic].load(), inputDescriptions) : overview();
}

function overview(): string {
  const all = [
    ...Object.values(commands),
    { usage: "broker COMMAND", summary: "give CI jobs access by their OIDC tokens" },
  ];
  const rows = all.map(({ usage, summary }) => `  ${usage.padEnd(18)}${summary}`);
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
