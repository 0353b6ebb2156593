import { pinName } from "../../broker/policy/config.ts";
import { readPolicy } from "../../broker/policy/policy-file.ts";
import { openAccount } from "../../broker/service/account.ts";
import { createEnvironments } from "../../broker/service/environments.ts";
import { openStore } from "../../broker/store/open-store.ts";
import { createTerminal } from "../../ci/terminal.ts";
import { printable } from "../../lib/printable.ts";
import type { Command } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { cancellable } from "../session.ts";
import { configFlag, configOf, testIssuersFlag, textOf, usageError } from "./options.ts";

export const trust: Command = {
  usage: "broker trust --config broker.yaml [--environment APPLICATION/ENV] [--yes]",
  description:
    "Shows the fingerprint of the DEK of every environment that the policy grants, beside its pin. Where pins are in the policy, it prints the lines " +
    "to put there; with pins: first-use, it replaces the pin of the named environment, after a question. Compare a new fingerprint with what " +
    "secret-stash-ci doctor shows on the machine of somebody who replaced the DEK: the service cannot be asked about itself.",
  flags: {
    ...configFlag,
    environment: { value: "NAME", description: "One environment, as APPLICATION/ENV. Default: all of them" },
    yes: { description: "Replace the pin without asking." },
    ...testIssuersFlag,
  },
  operands: "none",
  runsOnOldNode: false,
  run: (call) =>
    cancellable(async (cancelled) => {
      const { config } = readPolicy(configOf(call), {
        insecureTestIssuers: call.flags.has("insecure-test-issuers"),
      });
      const only = textOf(call, "environment");
      const places = config.rules.flatMap(({ grant: { application, environments } }) =>
        environments.map((slug) => ({ application, slug })),
      );
      const names = [...new Set(places.map(pinName))].filter((name) => only === undefined || name === only);
      if (names.length === 0) throw usageError("No rule of the policy grants that environment.");
      const terminal = createTerminal(false, cancelled);
      const say = (message: string) => void process.stderr.write(`${message}\n`);
      const account = openAccount(config, {
        environment: call.environment,
        log: { info: say, debug: () => {} },
        cancelled,
      });
      const unpinned = createEnvironments(
        account,
        () => 0,
        () => 0,
        async () => {},
        say,
      );
      const lines: string[] = [];
      for (const name of names) {
        const slash = name.lastIndexOf("/");
        const place = { application: name.slice(0, slash), slug: name.slice(slash + 1) };
        const { fingerprint } = await unpinned.open(place);
        lines.push(`  ${JSON.stringify(name)}: ${fingerprint}`);
        if (config.pins !== "first-use") continue;
        const store = openStore(config.store);
        try {
          const pin = await store.pinFirst(name, fingerprint);
          if (pin === fingerprint) terminal.say(`${printable(name)}: ${fingerprint} is pinned.`);
          else {
            terminal.say(`${printable(name)}:\n  pinned ${pin}\n  is now ${fingerprint}`);
            const isSure =
              call.flags.has("yes") ||
              /^y(es)?$/i.test(await terminal.ask("Trust the new one from now on? [y/N]"));
            if (!isSure) return exitCodes.refused;
            await store.replacePin(name, fingerprint);
            terminal.say("Replaced. A broker that runs takes it with the next request.");
          }
        } finally {
          await store.close();
        }
      }
      if (config.pins !== "first-use") terminal.say(["pins:", ...lines].join("\n"));
      return exitCodes.success;
    }, "Nothing was changed."),
};
