import { listNames, printable } from "../lib/errors.ts";
import type { Host } from "../ci/host.ts";
import type { Inputs } from "../inputs/inputs.ts";
import type { LayeredItem } from "../select/layers.ts";
import type { Choice } from "../select/rules.ts";
import type { Session } from "../export/plan.ts";
import { describeOversized } from "../command/limits.ts";

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
    `SecretStash: ${variables.size === 1 ? "1 variable" : `${variables.size} variables`} from ${source} of application ${printable(applicationId)}.`,
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
  if (exportEnv) warnOfOversized(host, variables);
}

/** A run without credentials that was told to go on without the variables. */
export function reportSkipped(host: Host): void {
  host.publish({ environment: new Map(), outputs: new Map([["available", "false"]]) });
  const why = host.whyNoSecrets() ?? "There is no api-token.";
  host.notice(`Nothing was pulled. ${why}`);
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
  const oversized = describeOversized(variables, host.platform);
  if (oversized === undefined) return;
  host.warn(
    `${oversized}. Later steps will fail to start (Argument list too long), clean-up among them, so the key directory stays until ` +
      "its folder is emptied. Set export-env: false and use env-file or outputs, or choose fewer variables.",
  );
}
