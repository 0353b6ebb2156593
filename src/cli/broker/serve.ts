import { once } from "node:events";
import { serve as serveBroker } from "../../broker/serve.ts";
import { formatAuditLine } from "../../broker/store/audit-line.ts";
import type { Command } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { configFlag, configOf, testIssuersFlag } from "./options.ts";

export const serve: Command = {
  usage: "broker serve --config broker.yaml",
  description:
    "Runs the broker until SIGTERM or SIGINT. Each decision is one line of JSON on stdout; everything else that it says goes to stderr. SIGHUP " +
    "reads the policy, the token, the key and the certificates again; a change of the policy's file is noticed by itself.",
  flags: { ...configFlag, ...testIssuersFlag },
  operands: "none",
  runsOnOldNode: false,
  run: async (call) => {
    const say = (message: string) => void process.stderr.write(`secret-stash-ci broker: ${message}\n`);
    const broker = await serveBroker({
      policy: configOf(call),
      insecureTestIssuers: call.flags.has("insecure-test-issuers"),
      environment: call.environment,
      publish: (row) => void process.stdout.write(`${formatAuditLine(row)}\n`),
      tell: say,
    });
    process.on("SIGHUP", broker.reload);
    const stopping = Promise.race([once(process, "SIGTERM"), once(process, "SIGINT")]);
    say(`listening on ${broker.url} for jobs, and on ${broker.privateUrl} for you`);
    await stopping;
    say("stopping");
    await broker.stop();
    return exitCodes.success;
  },
};
