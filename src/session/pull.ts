import { writeDeviceFile } from "../key/directory.ts";
import type { StashError } from "../lib/errors.ts";
import type { Host } from "../ci/host.ts";
import { type Inputs, parseInputs, skipsForMissingCredentials } from "../inputs/inputs.ts";
import { mergeLayers } from "../select/layers.ts";
import { checkRequired, selectVariables } from "../select/selection.ts";
import { registerTemporaryKey } from "../stash/keys.ts";
import { undoSession } from "./clean-up.ts";
import { runCommand } from "../command/run.ts";
import { connect } from "../stash/connect.ts";
import { planExports, type Session, warnOfGit, writeEnvFiles } from "../export/plan.ts";
import { explainFailure } from "../doctor/explain.ts";
import { obtainDeks } from "../access/grant.ts";
import { keepSecrets } from "../masks/store.ts";
import { fetchLayers } from "../variables/fetch.ts";
import { lookForLeaks } from "../leaks/check.ts";
import { credentialsOf, maskCredentials, maskValues } from "../masks/announce.ts";
import { noteEnvFiles } from "../journal/env-file-note.ts";
import { report, reportSkipped } from "./report.ts";
import { obtainDeviceKey } from "../key/obtain.ts";
import { summarize } from "./summary.ts";
import { sweepLeftovers } from "./sweep.ts";
import { together } from "../lib/settle-all.ts";
import { createUndoLog, type UndoLog } from "../journal/undo.ts";
import { readValues } from "../variables/decrypt.ts";

/** Main: pulls the variables into the job, or fails and leaves nothing behind. */
export async function pull(host: Host): Promise<void> {
  await maskCredentials(host);
  if (skipsForMissingCredentials(host.readInput)) return reportSkipped(host);
  host.checkJob();
  const inputs = parseInputs(host.readInput, host.whyNoSecrets());
  const undoLog = createUndoLog(host);
  try {
    const { variables, keyDirectory } = await pullVariables(host, inputs, undoLog);
    if (inputs.run === "") return;
    await runCommand(host, inputs, variables, keyDirectory);
  } catch (error) {
    await endSession(host, inputs, undoLog);
    throw await explainFailure(host, inputs, error);
  }
  // The variables were for one command alone: with it ends the need for the key, which so lives seconds.
  const leak = await endSession(host, inputs, undoLog);
  if (leak !== undefined) throw leak;
}

/**
 * Ends a session in the process that began it, however its command ended: looks for leaks while the key is there, and takes everything back.
 *
 * @returns the leak to fail for, if it is to be failed for
 */
export async function endSession(
  host: Host,
  { leakCheck }: Inputs,
  { undo, forget }: UndoLog,
): Promise<StashError | undefined> {
  const { outcome, leak } = await lookForLeaks(host, leakCheck, undo);
  if (await undoSession(host, undo, outcome)) forget();
  return leak;
}

/** The session that `pull` and `exec` share: everything up to the export. Whoever calls it takes it back when it fails. */
export async function pullVariables(
  host: Host,
  inputs: Inputs,
  { remember }: Pick<UndoLog, "remember">,
): Promise<Session> {
  const service = connect(host, inputs, host.cancelled);

  // The key takes longest, so it starts first; all that needs no key runs beside it.
  const [{ key, keyDirectory }, { layers, types }] = await together(
    obtainDeviceKey(host, remember),
    fetchLayers(host, service, inputs),
    sweepLeftovers(host),
  );
  const stored = mergeLayers(layers);
  const choices = selectVariables([...stored.keys()], inputs);

  const { hostname, platform, origin } = host;
  const label = inputs.label || defaultLabel(host);
  const { publicKeyPem, fingerprint } = key;
  remember({ apiUrl: inputs.apiUrl.href, fingerprint });
  const registration = {
    label,
    publicKeyPem,
    fingerprint,
    ttlMinutes: inputs.ttlMinutes,
    hostname,
    platform,
    origin,
  };
  const device = await registerTemporaryKey(service, registration);
  remember({ deviceKeyId: device.id, expiresAt: device.expiresAt });
  await writeDeviceFile(keyDirectory, { ...key, ...device });

  const deks = await obtainDeks(host, service, inputs, layers, { ...key, ...device });
  const values = readValues(stored, choices, deks, inputs.resolveReferences);
  checkRequired(values.variables, inputs.required);

  const found = { keyDirectory, device, fingerprint, variables: values.variables, types };
  const plan = await planExports(host, inputs, found);
  const masked = await maskValues(host, inputs, values, plan.outputs.get("json"));
  const session = { ...found, secrets: [...credentialsOf(host), ...masked] };
  if (host.masking === "redactor" || inputs.leakCheck !== "off") {
    await keepSecrets(keyDirectory, publicKeyPem, masked); // the credentials least of all: later steps hold this key
  }

  await warnOfGit(host, plan.files);
  await writeEnvFiles(plan.files, async (envFiles) => {
    remember({ envFiles });
    await noteEnvFiles(keyDirectory, envFiles);
  });
  host.publish(plan);
  remember({ isPulled: true, keepEnvFiles: inputs.keepEnvFile }); // not before: a failed pull keeps nothing
  if (inputs.keepEnvFile) await noteEnvFiles(keyDirectory, []);
  report(host, inputs, session, choices, stored);
  if (inputs.summary) await summarize(host, inputs, session, choices, stored);
  return session;
}

const MAX_LABEL = 255; // what the service takes

function defaultLabel({ jobName, hostname }: Host): string {
  const place = Array.from(jobName ?? hostname).slice(0, MAX_LABEL - "CI/CD Temporary Key ()".length);
  return `CI/CD Temporary Key (${place.join("")})`;
}
