import { type approverDefaults, parseApproverInputs } from "../../inputs/approver.ts";
import { inputVariable } from "../../inputs/defaults.ts";
import type { Command, Flags } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { readGivenInputs, secretFileFlags } from "../flags.ts";
import { cancellable } from "../session.ts";

const descriptions: Partial<Record<keyof typeof approverDefaults, { value: string; description?: string }>> =
  {
    "application-id": { value: "VALUE" },
    environment: { value: "ENV", description: "Slug of the one environment to give access to. Required." },
    "api-url": { value: "VALUE" },
    timeout: { value: "VALUE" },
    "ca-file": { value: "VALUE" },
    "key-dir": {
      value: "DIR",
      description: "Directory of your own device key. Default: SECRET_STASH_KEY_DIR, else ~/.secret-stash",
    },
    fingerprint: {
      value: "F",
      description: "Approve exactly the key with this fingerprint, as its job shows it, without asking.",
    },
    "yes-label": {
      value: "PATTERN",
      description:
        "With --watch: approve temporary keys whose label matches, without asking, as in 'CI/CD Temporary Key (acme/app *)'. A label is a " +
        "claim, not a proof.",
    },
  };

const flags: Flags = {
  ...descriptions,
  "api-token-file": secretFileFlags["api-token-file"] ?? {},
  watch: { description: "Keep running, and ask about each new key." },
  json: { description: "Print JSON on stdout, one object on each line, and messages for people on stderr." },
};

export const approve: Command = {
  usage:
    "approve --environment ENV [--fingerprint F | --watch [--yes-label PATTERN]] [--key-dir DIR] [--json]",
  description:
    "Gives the key of a waiting job access to one environment, with your own device key and your own token. Without --fingerprint and " +
    "--watch, it lists the keys that need access, and asks.",
  flags,
  operands: "none",
  runsOnOldNode: false,
  run: async (call) => {
    const { flags, environment } = call;
    const given = await readGivenInputs(call);
    if (flags.has("watch")) given.set("watch", "true");
    const inputs = parseApproverInputs(
      (name) => given.get(name) ?? environment[inputVariable(name)] ?? "",
      (name) => flags.has(name),
      environment[inputVariable("api-url")] ?? "",
    );
    const { createTerminal } = await import(/* webpackMode: "eager" */ "../../ci/terminal.ts");
    const { connect } = await import(/* webpackMode: "eager" */ "../../stash/connect.ts");
    const { approve } = await import(/* webpackMode: "eager" */ "../../access/approve.ts");
    return cancellable(async (cancelled) => {
      const terminal = createTerminal(flags.has("json"), cancelled);
      const log = { info: terminal.say, debug: () => {} };
      await approve(terminal, connect({ environment, log, cancelled }, inputs.service), inputs);
      cancelled.throwIfAborted();
      return exitCodes.success;
    }, "Nothing more is approved.");
  },
};
