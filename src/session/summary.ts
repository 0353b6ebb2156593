import type { Log } from "../ci/host.ts";
import { type DeviceKey, groupFingerprint } from "../crypto/device-key.ts";
import type { Pulled } from "../export/plan.ts";
import { formatFailureSummary, formatPullSummary } from "../format/summary.ts";
import type { Inputs } from "../inputs/inputs.ts";
import { StashError } from "../lib/errors.ts";
import type { LayeredItem } from "../select/layers.ts";
import type { Masking } from "../select/masking.ts";
import type { Choice } from "../select/rules.ts";

/** How the variables were selected and masked. */
export interface PullDetails {
  choices: readonly Choice[];
  stored: ReadonlyMap<string, LayeredItem<unknown>>;
  masking: Masking;
  key: Pick<DeviceKey, "fingerprint">;
  /** whether short masks would break the fingerprint and the date */
  masksDetails: boolean;
}

/** Adds to the job's summary page what `report` says in the log, as a table. Never a value, nor its length. */
export async function summarize(
  log: Log,
  inputs: Inputs,
  { device, secretFiles }: Pulled,
  { choices, stored, masking, key, masksDetails }: PullDetails,
): Promise<void> {
  const rows = choices.map(({ source, member, target }) => ({
    name: target,
    storedAs: member === undefined ? source : `${source}.${member}`,
    environment: stored.get(source)?.environment ?? "",
    overrode: stored.get(source)?.overrode ?? [],
    isMasked: !masking.unmasked.has(target),
  }));
  await log.summarize(
    formatPullSummary({
      rows,
      exportedTo: [...describeTargets(inputs), ...secretFiles.map(({ path }) => path)],
      deviceKeyId: device.id,
      ...(!masksDetails && {
        fingerprint: groupFingerprint(key.fingerprint),
        expiresAt: device.expiresAt,
      }),
    }),
  );
}

function describeTargets({ exports: { exportEnv, outputs, envFiles }, command }: Inputs): string[] {
  return [
    ...(exportEnv ? ["environment of later steps"] : []),
    ...(outputs ? ["outputs"] : []),
    ...(command.run === "" ? [] : ["the command in run"]),
    ...envFiles.map(({ path }) => path),
  ];
}

/** Adds to the job's summary page why the step failed. The message of any other error could quote what it was about. */
export async function summarizeFailure(log: Log, error: unknown): Promise<void> {
  const isKnown = error instanceof StashError;
  await log.summarize(
    formatFailureSummary(
      isKnown ? error.message : "a bug in this action, which the log shows",
      isKnown ? error.code : "INTERNAL",
    ),
  );
}
