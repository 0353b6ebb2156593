import { listNames, printable } from "../errors.ts";
import type { Host } from "../host/host.ts";
import type { Inputs } from "../host/inputs.ts";
import type { Session } from "./exports.ts";

// One string of a Linux process's environment, `NAME=value` and its NUL (execve(2), MAX_ARG_STRLEN).
const LINUX_MAX_STRING = 128 * 1024;

/** The one calm summary: how many, from where, and the key's life. Names, never values. */
export function report(
  host: Host,
  { environment, applicationId, envFile, exportEnv }: Inputs,
  { device, variables }: Session,
): void {
  const source = `environment ${printable(environment)} of application ${printable(applicationId)}`;
  host.info(`SecretStash: ${variables.size} variables from ${source}.`);
  host.info(
    `Temporary device key ${device.id}, ${printable(device.label, 255)}, expires at ${printable(device.expiresAt)}.`,
  );
  if (envFile !== "") host.info(`Written to ${printable(envFile)}.`);
  if (variables.size > 0) host.group(`Names (${variables.size})`, [...variables.keys()]);
  if (exportEnv && host.platform === "linux") warnOfOversized(host, variables);
}

function warnOfOversized(host: Host, variables: ReadonlyMap<string, string>): void {
  const oversized = [...variables]
    .filter(([name, value]) => Buffer.byteLength(`${name}=${value}\0`) > LINUX_MAX_STRING)
    .map(([name]) => name);
  if (oversized.length === 0) return;
  host.warn(
    `${listNames(oversized)}: over 128 KiB, which Linux refuses in a process's environment. Later steps will fail to start ` +
      "(Argument list too long), clean-up among them, so the key directory stays until its folder is emptied. " +
      "Set export-env: false and use env-file or outputs, or keep such values elsewhere.",
  );
}
