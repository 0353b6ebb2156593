import { listNames, printable } from "../errors.ts";
import type { Host } from "../host/host.ts";
import type { Inputs } from "../host/inputs.ts";
import type { LayeredItem } from "../select/layers.ts";
import type { Choice } from "../select/variable-rules.ts";
import type { Session } from "./exports.ts";

// One string of a Linux process's environment, `NAME=value` and its NUL, and all of them together with the arguments: a quarter
// of the stack's usual 8 MiB (execve(2), "Limits on size of arguments and environment"). Some of it is everybody else's.
const LINUX_MAX_STRING = 128 * 1024;
const LINUX_MAX_TOTAL = 2 * 1024 * 1024 - 256 * 1024;

/** The one calm summary: how many, from where, and the key's life. Names, never values. */
export function report(
  host: Host,
  inputs: Inputs,
  { device, variables }: Session,
  choices: readonly Choice[],
  stored: ReadonlyMap<string, LayeredItem<unknown>>,
): void {
  const { environments, applicationId, envFiles, exportEnv } = inputs;
  const source = `${environments.length > 1 ? "environments" : "environment"} ${listNames(environments)}`;
  host.info(
    `SecretStash: ${variables.size} variables from ${source} of application ${printable(applicationId)}.`,
  );
  host.info(
    `Temporary device key ${device.id}, ${printable(device.label, 255)}, expires at ${printable(device.expiresAt)}.`,
  );
  if (envFiles.length > 0) host.info(`Written to ${listNames(envFiles.map(({ path }) => path))}.`);
  if (choices.length > 0) {
    const lines = choices.map((choice) =>
      describeChoice(choice, stored.get(choice.source), environments.length > 1),
    );
    host.group(`Names (${choices.length})`, lines);
  }
  if (exportEnv && host.platform === "linux") warnOfOversized(host, variables);
}

/** A run without credentials that was told to go on without the variables. */
export function reportSkipped(host: Host): void {
  host.publish({ environment: new Map(), outputs: new Map([["available", "false"]]) });
  const why = host.whyNoSecrets() ?? "There is no api-token.";
  host.notice(`SecretStash: nothing was pulled. ${why}`);
}

/** `PAYMENTS_KEY, stored as STRIPE_KEY, from testing (overrides shared)`, as far as there is something to say. */
function describeChoice(
  { source, target }: Choice,
  found: LayeredItem<unknown> | undefined,
  isLayered: boolean,
): string {
  const renamed = source === target ? "" : `, stored as ${printable(source)}`;
  if (!isLayered || found === undefined) return target + renamed;
  const overrode = found.overrode.length > 0 ? ` (overrides ${listNames(found.overrode)})` : "";
  return `${target}${renamed}, from ${printable(found.environment)}${overrode}`;
}

function warnOfOversized(host: Host, variables: ReadonlyMap<string, string>): void {
  const sizes = [...variables].map(([name, value]) => ({
    name,
    bytes: Buffer.byteLength(`${name}=${value}\0`),
  }));
  const oversized = sizes.filter(({ bytes }) => bytes > LINUX_MAX_STRING).map(({ name }) => name);
  const total = sizes.reduce((sum, { bytes }) => sum + bytes + 8, 0); // and a pointer each
  if (oversized.length === 0 && total <= LINUX_MAX_TOTAL) return;
  const what =
    oversized.length > 0
      ? `${listNames(oversized)}: over 128 KiB, which Linux refuses in a process's environment`
      : "The variables together are close to 2 MiB, which Linux refuses in a process's environment";
  host.warn(
    `${what}. Later steps will fail to start (Argument list too long), clean-up among them, so the key directory stays until ` +
      "its folder is emptied. Set export-env: false and use env-file or outputs, or choose fewer variables.",
  );
}
