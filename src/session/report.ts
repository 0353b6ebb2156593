import type { Host, Log } from "../ci/host.ts";
import { describeOversized } from "../command/limits.ts";
import type { Pulled } from "../export/plan.ts";
import type { Inputs } from "../inputs/inputs.ts";
import { errorsPage } from "../lib/errors.ts";
import { count, listNames, printable } from "../lib/printable.ts";
import type { LayeredItem } from "../select/layers.ts";
import type { Choice } from "../select/rules.ts";
import type { Values } from "../variables/decrypt.ts";

/** Says what short masks would break in a later message, while it can still be read. */
export function reportDetails(host: Pick<Host, "log">, device: Pulled["device"]): void {
  host.log.info(`SecretStash: every error code is explained on ${errorsPage}`);
  reportKey(host, device);
}

/** Says which key got access, and how long it lives. A key that the service does not know does not expire there. */
function reportKey({ log }: Pick<Host, "log">, device: Pulled["device"]): void {
  const label = printable(device.label, 255);
  if (device.id === undefined)
    log.info(`The key broker gave the temporary key of this job access: ${label}.`);
  else log.info(`Temporary device key ${device.id}, ${label}, expires at ${printable(device.expiresAt)}.`);
}

/**
 * Says how many variables were pulled, from where, and how long the key lives. Names, never values.
 *
 * @param masksDetails whether short masks would break the date; then `reportDetails` has shown it
 */
export function report(
  { log, job }: Pick<Host, "log" | "job">,
  { service, selection, exports }: Inputs,
  { device, variables, secretFiles }: Pulled,
  { choices }: Pick<Values, "choices">,
  stored: ReadonlyMap<string, LayeredItem<unknown>>,
  masksDetails: boolean,
): void {
  const { environments } = selection;
  const { envFiles } = exports;
  const source = `${environments.length > 1 ? "environments" : "environment"} ${listNames(environments)}`;
  const isNamed = environments.some((name) => !name.includes("/"));
  const application =
    isNamed && service.applicationId !== "" ? ` of application ${printable(service.applicationId)}` : "";
  log.info(`SecretStash: ${count(choices.length, "variable")} from ${source}${application}.`);
  if (!masksDetails) reportKey({ log }, device);
  if (envFiles.length > 0) log.info(`Written to ${listNames(envFiles.map(({ path }) => path))}.`);
  for (const { name, path, pathName } of secretFiles) {
    const named = pathName === undefined ? "" : `, which ${pathName} names`;
    log.info(`${name} is the file ${printable(path, 500)}${named}.`);
  }
  if (choices.length > 0) {
    const lines = choices.map((choice) =>
      describeChoice(choice, stored.get(choice.source), environments.length > 1),
    );
    log.group(`Names (${choices.length})`, lines);
  }
  if (exports.exportEnv) warnOfOversized(log, variables, job.platform);
}

/** Reports a run without credentials that was told to go on without the variables. */
export function reportSkipped({ log, exporter, explainMissingSecrets }: Host): void {
  exporter.publish({
    environment: new Map(),
    plainNames: new Set(),
    outputs: new Map([["available", "false"]]),
  });
  log.notice(`Nothing was pulled. ${explainMissingSecrets() ?? "No api-token was given."}`);
}

/** `PAYMENTS_KEY, stored as STRIPE_KEY, from testing (overrides shared)`, without the parts that say nothing. */
function describeChoice(
  { source, member, target }: Choice,
  found: LayeredItem<unknown> | undefined,
  isLayered: boolean,
): string {
  const stored = member === undefined ? source : `${source}.${member}`;
  const renamed = stored === target ? "" : `, stored as ${printable(stored)}`;
  if (!isLayered || found === undefined) return target + renamed;
  const overrode = found.overrode.length > 0 ? ` (overrides ${listNames(found.overrode)})` : "";
  return `${target}${renamed}, from ${printable(found.environment)}${overrode}`;
}

function warnOfOversized(log: Log, variables: ReadonlyMap<string, string>, platform: string): void {
  const oversized = describeOversized(variables, platform);
  if (oversized === undefined) return;
  log.warn(
    log.masking === "redactor"
      ? `${oversized}. A shell with it could start no command. So one that is too large is set in the shell itself and not exported to its ` +
          "commands. Use files or env-file for those, or select fewer variables."
      : `${oversized}. Later steps will fail to start (Argument list too long), the post step among them, so the key directory stays until its ` +
          "folder is emptied. Set export-env to false and use env-file or outputs, or select fewer variables.",
  );
}
