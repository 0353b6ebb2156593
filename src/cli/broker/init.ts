import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { parseConfig } from "../../broker/policy/config.ts";
import { createTerminal, type Terminal } from "../../ci/terminal.ts";
import { generateDeviceKey } from "../../crypto/device-key.ts";
import { quoteForShell } from "../../format/shell.ts";
import { parseApiUrl } from "../../inputs/api-url.ts";
import { printable } from "../../lib/printable.ts";
import { connect } from "../../stash/connect.ts";
import { DEVICE_FILE, PRIVATE_KEY_FILE } from "../../stash/key-files.ts";
import { registerDeviceKey } from "../../stash/keys.ts";
import type { Call, Command } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { readGivenInputs, secretFileFlags } from "../flags.ts";
import { cancellable } from "../session.ts";
import { textOf, usageError } from "./options.ts";

interface Question {
  flag: string;
  text: string;
  default?: string;
}

const questions: readonly Question[] = [
  { flag: "dir", text: "Folder for broker.yaml, the key and the token", default: "secret-stash-broker" },
  { flag: "audience", text: "Address at which jobs will reach the broker (https)" },
  { flag: "api-url", text: "Address of SecretStash", default: "https://secretstash.cloud" },
  { flag: "application-id", text: "Id of the SecretStash application" },
  { flag: "environment", text: "Slug of the environment to grant", default: "production" },
  {
    flag: "issuer",
    text: "CI system: github, gitlab, or the https address of a GitLab of your own",
    default: "github",
  },
  { flag: "project-id", text: "Id of the repository (GitHub: gh api repos/OWNER/NAME --jq .id) or project" },
  { flag: "ref", text: "Branch or tag that may deploy", default: "refs/heads/main" },
];

export const init: Command = {
  usage: "broker init [--dir DIR] [--audience URL] …",
  description:
    "Makes what a broker needs: its device key (RSA-4096), which is registered with your account, and a first broker.yaml with one rule. Asks for " +
    "what no flag says. Prints the commands of the official client that give the key access. The token comes from SECRET_STASH_API_TOKEN or " +
    "--api-token-file.",
  flags: {
    ...Object.fromEntries(
      questions.map(({ flag, text }) => [flag, { value: "VALUE", description: `${text}.` }]),
    ),
    "api-token-file": secretFileFlags["api-token-file"] ?? {},
  },
  operands: "none",
  runsOnOldNode: false,
  run: (call) =>
    cancellable(async (cancelled) => {
      const terminal = createTerminal(false, cancelled);
      const apiToken =
        (await readGivenInputs(call)).get("api-token") ?? call.environment.SECRET_STASH_API_TOKEN ?? "";
      if (apiToken === "")
        throw usageError("There is no token. Set SECRET_STASH_API_TOKEN, or use --api-token-file.");
      const answers = await ask(terminal, call);
      const directory = resolve(answers("dir"));
      if (existsSync(directory))
        throw usageError(`${printable(directory)} exists already. Choose another folder: --dir.`);
      const apiUrl = parseApiUrl(answers("api-url"), (why) => {
        throw usageError(`--api-url ${why}.`);
      });
      const policy = writePolicy(answers, directory);
      parseConfig(policy, "broker.yaml", { insecureTestIssuers: true }); // Before anything is made.

      const key = await generateDeviceKey();
      const label = `Key broker (${hostname() || "unknown host"})`;
      const log = { info: terminal.say, debug: () => {} };
      const service = connect(
        { environment: call.environment, log, cancelled },
        { apiUrl, apiToken, timeoutSeconds: 60 },
      );
      await mkdir(join(directory, "key"), { recursive: true, mode: 0o700 });
      const write = (name: string, text: string) =>
        writeFile(join(directory, name), text, { flag: "wx", mode: 0o600 });
      await write(join("key", PRIVATE_KEY_FILE), key.privateKeyPem); // Before it is registered, so that no registered key is lost.
      const id = await registerDeviceKey(service, {
        ...key,
        label,
        hostname: hostname(),
        platform: process.platform,
      }).catch((error: unknown) => {
        terminal.say(
          `The key was not registered. Delete ${printable(directory, 500)} before you begin again.`,
        );
        throw error;
      });
      const device = { device_key_id: id, label, public_key: key.publicKeyPem, fingerprint: key.fingerprint };
      await write(join("key", DEVICE_FILE), `${JSON.stringify(device, null, 2)}\n`);
      await write("token", `${apiToken}\n`);
      await write("broker.yaml", policy);
      terminal.say(nextSteps(directory, id, answers));
      return exitCodes.success;
    }, "What was written so far is in the folder; delete it before you begin again."),
};

async function ask(terminal: Terminal, call: Call): Promise<(flag: string) => string> {
  const answers = new Map<string, string>();
  for (const { flag, text, default: usual } of questions) {
    const given = textOf(call, flag);
    const asked =
      given ??
      (terminal.isInteractive
        ? await terminal.ask(`${text}${usual === undefined ? "" : ` [${usual}]`}:`)
        : "");
    const answer = asked || usual;
    if (answer === undefined) throw usageError(`--${flag} is missing: ${text}.`);
    answers.set(flag, answer);
  }
  return (flag) => answers.get(flag) ?? "";
}

function writePolicy(answers: (flag: string) => string, directory: string): string {
  const given = answers("issuer");
  const isGitHub = given === "github";
  const type = isGitHub ? "github" : "gitlab";
  const url = isGitHub
    ? "https://token.actions.githubusercontent.com"
    : given === "gitlab"
      ? "https://gitlab.com"
      : given;
  const text = (flag: string) => JSON.stringify(answers(flag));
  const when = isGitHub
    ? `{ repository_id: ${text("project-id")}, ref: ${text("ref")}, event_name: [push, workflow_dispatch] }`
    : `{ project_id: ${text("project-id")}, ref_path: ${text("ref")}, ref_protected: "true" }`;
  return `# What this broker grants, and to whom: docs/broker.md. Try a change before it counts: secret-stash-ci broker check --policy broker.yaml --claims FILE
version: 1
audience: ${text("audience")}
service:
  api-url: ${text("api-url")}
  api-token-file: ${JSON.stringify(join(directory, "token"))}
  key-dir: ${JSON.stringify(join(directory, "key"))}
store: ${JSON.stringify(`sqlite:${join(directory, "broker.db")}`)}
issuers:
  ${type}: { type: ${type}, url: ${JSON.stringify(url)}${isGitHub ? "" : ", max-age: 20m"} }
rules:
  - name: first
    issuer: ${type}
    when: ${when}
    grant: { application: ${text("application-id")}, environments: [${text("environment")}] }
# Which DEK each environment must have. Until it is named here, whatever DEK SecretStash answers with is accepted:
# secret-stash-ci broker trust prints these lines.
pins: {}
`;
}

function nextSteps(directory: string, id: number, answers: (flag: string) => string): string {
  return [
    `Made ${printable(directory, 500)}: broker.yaml, key/ (device key ${id}) and token.`,
    "",
    "1. Give the key access, with the official client, on a machine whose own key has access:",
    "",
    `     export SECRET_STASH_APPLICATION_ID=${quoteForShell(answers("application-id"))} SECRET_STASH_KEY_DIR=${quoteForShell(join(directory, "key"))}`,
    `     secret-stash envelope rewrap --environment ${quoteForShell(answers("environment"))} \\`,
    "       --old-key-path ~/.secret-stash/device_private_key.pem \\",
    '       --old-device-key-id "$(jq .device_key_id ~/.secret-stash/device.json)"',
    "",
    `2. Pin the environment's key: secret-stash-ci broker trust --config ${quoteForShell(join(directory, "broker.yaml"))} prints lines to put in the place of pins: {}.`,
    `3. Start it: secret-stash-ci broker serve --config ${quoteForShell(join(directory, "broker.yaml"))}`,
  ].join("\n");
}
