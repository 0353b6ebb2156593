import { groupFingerprint } from "../crypto/device-key.ts";
import { formatPullSummary } from "../format/summary.ts";
import type { Host } from "../ci/host.ts";
import type { Inputs } from "../inputs/inputs.ts";
import type { LayeredItem } from "../select/layers.ts";
import { chooseMasked } from "../select/masking.ts";
import type { Choice } from "../select/rules.ts";
import type { Session } from "../export/plan.ts";

/** The job's summary page: what `report` tells in the log, as a table. Never a value, nor its length. */
export async function summarize(
  host: Host,
  inputs: Inputs,
  { device, fingerprint, variables }: Session,
  choices: readonly Choice[],
  stored: ReadonlyMap<string, LayeredItem<unknown>>,
): Promise<void> {
  const { unmasked, minMaskLength } = inputs;
  const shown = chooseMasked(variables, { unmasked, minLength: minMaskLength }).unmasked;
  const rows = choices.map(({ source, target }) => ({
    name: target,
    storedAs: source,
    environment: stored.get(source)?.environment ?? "",
    overrode: stored.get(source)?.overrode ?? [],
    isMasked: !shown.has(target),
  }));
  await host.summarize(
    formatPullSummary({
      rows,
      exportedTo: placesOf(inputs),
      deviceKeyId: device.id,
      fingerprint: groupFingerprint(fingerprint),
      expiresAt: device.expiresAt,
    }),
  );
}

function placesOf({ exportEnv, outputs, run, envFiles }: Inputs): string[] {
  return [
    ...(exportEnv ? ["environment of later steps"] : []),
    ...(outputs ? ["outputs"] : []),
    ...(run === "" ? [] : ["the command in run"]),
    ...envFiles.map(({ path }) => path),
  ];
}
