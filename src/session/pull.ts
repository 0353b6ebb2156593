import { obtainDataKeys } from "../access/data-keys.ts";
import { findGrant } from "../access/grant.ts";
import type { Host } from "../ci/host.ts";
import { runCommand } from "../command/run.ts";
import { explainFailure } from "../doctor/explain.ts";
import { noteEnvFiles } from "../export/env-file-note.ts";
import { type Pulled, planExports, warnOfGit, writeEnvFiles } from "../export/plan.ts";
import type { Inputs } from "../inputs/inputs.ts";
import type { Undo, UndoJournal } from "../journal/undo-journal.ts";
import { sessionStart, writeDeviceFile } from "../key/directory.ts";
import { defaultLabel } from "../key/label.ts";
import { obtainKey } from "../key/obtain.ts";
import { registerKey } from "../key/register.ts";
import { throwIfCancelled } from "../lib/cancellation.ts";
import type { Secret } from "../lib/secret.ts";
import { settleAll } from "../lib/settle-all.ts";
import { maskValues, secretsOf } from "../masks/announce.ts";
import { keepSecrets, newKeptKey } from "../masks/store.ts";
import { mergeLayers } from "../select/layers.ts";
import { chooseMasked } from "../select/masking.ts";
import { checkRequired, selectVariables, writtenOutNames } from "../select/selection.ts";
import { connect } from "../stash/connect.ts";
import type { Service } from "../stash/service.ts";
import { decryptVariables } from "../variables/decrypt.ts";
import { checkEnvironmentTypes, fetchEnvironments } from "../variables/fetch.ts";
import { beginJournal, readInputs } from "./begin.ts";
import { endSession } from "./end.ts";
import { report, reportSkipped } from "./report.ts";
import { summarize } from "./summary.ts";
import { sweepLeftovers } from "./sweep.ts";

/** The main stage: pulls the variables into the job, or fails and leaves nothing behind. Throws any StashError. */
export async function pull(host: Host): Promise<void> {
  const inputs = await readInputs(host, () => host.refuseTracedJob());
  if (inputs === undefined) return reportSkipped(host);
  const journal = beginJournal(host, inputs);
  try {
    const session = await pullVariables(host, inputs, journal);
    if (inputs.command.run === "") return;
    await runCommand(host, inputs.command, session);
  } catch (error) {
    await endSession(host, inputs, journal);
    throw await explainFailure(host, inputs, error);
  }
  // The variables were for one command only. When it ends, the key is no longer needed, so it lives for seconds.
  const leak = await endSession(host, inputs, journal);
  if (leak !== undefined) throw leak;
}

/** What a session came to. */
export interface Session extends Pulled {
  /** what the log must not show: masked values, the token, the grant key */
  secrets: readonly Secret[];
}

/**
 * The part of a session that `pull` and `exec` share, up to the export. The caller undoes it when it fails.
 *
 * 1. Obtain a key, and fetch everything that does not need it meanwhile. Sweep what killed jobs left.
 * 2. Select the variables by name.
 * 3. Register the key, and give it access.
 * 4. Decrypt, and work out everything that will be written. Whatever must be refused is refused by now.
 * 5. Mask every value.
 * 6. Export all of it.
 * 7. Report.
 */
export async function pullVariables(host: Host, inputs: Inputs, journal: UndoJournal): Promise<Session> {
  const { log, job, cancelled } = host;
  const { access, selection, exports } = inputs;
  const service = connect(host, inputs.service);
  // Called before each side effect, so that none follows a cancellation.
  const record = (part: Partial<Undo>) => {
    throwIfCancelled(cancelled);
    journal.record(part);
  };

  const [{ key, keyDirectory }, { fetched, types }] = await settleAll(
    obtainKey(host, (path) => record({ keyDirectory: path })),
    fetch(service, inputs),
    sweepLeftovers(host, inputs.service.apiToken),
  ); // 1
  const stored = mergeLayers(fetched);
  const choices = selectVariables([...stored.keys()], selection); // 2

  record({ fingerprint: key.fingerprint, startedAt: sessionStart(keyDirectory) });
  const label = access.label || defaultLabel(job);
  const device = await registerKey(service, key, job, { label, ttlMinutes: access.ttlMinutes });
  record({ deviceKeyId: device.id, expiresAt: device.expiresAt });
  await writeDeviceFile(keyDirectory, device);
  const context = { log, cancelled, minutes: access.grantWaitMinutes, dekPins: access.dekPins };
  const deks = await obtainDataKeys(service, fetched, device, context); // 3

  const { variables, referredTo } = decryptVariables(stored, choices, deks, selection.resolveReferences);
  checkRequired(variables, selection.required);
  const pulled = { keyDirectory, device, variables, types, writtenOut: writtenOutNames(choices) };
  const plan = await planExports(host, exports, pulled); // 4

  const { minMaskLength } = inputs.masking;
  const masking = chooseMasked(variables, inputs.masking);
  const longEnough = referredTo.filter((value) => value.length >= minMaskLength);
  const masked = await maskValues(log, masking, longEnough, variables.size > 0 ? plan.json : "");
  if (log.keepsSecrets || inputs.cleanUp.leakCheck !== "off") {
    const keptKey = newKeptKey();
    // Where later commands of the job read them, too, their key lies next to them.
    const publicKeyPem = log.keepsSecrets ? key.publicKeyPem : undefined;
    // Not the credentials: who reads these must not get anything that decrypts for ever.
    const keptHash = await keepSecrets(keyDirectory, masked, keptKey, publicKeyPem);
    record({ keptHash, ...(log.keepsSecrets ? {} : { keptKey: keptKey.toString("base64") }) });
  } // 5

  await warnOfGit(host, plan.files);
  await writeEnvFiles(plan.files, async (files) => {
    const envFiles = files.map(({ draft: _draft, backup: _backup, ...noted }) => noted);
    record({ envFiles });
    await noteEnvFiles(keyDirectory, envFiles, inputs.service.apiToken);
  });
  throwIfCancelled(cancelled);
  host.exporter.publish(plan);
  record({ isPulled: true, keepEnvFiles: exports.keepEnvFile }); // Not earlier: a failed pull keeps nothing.
  if (exports.keepEnvFile) await noteEnvFiles(keyDirectory, [], inputs.service.apiToken); // 6

  report(host, inputs, pulled, choices, stored);
  if (inputs.cleanUp.summary) await summarize(log, inputs, pulled, { choices, stored, masking, key }); // 7
  const credentials = { apiToken: inputs.service.apiToken, grantKey: access.grantKey };
  return { ...pulled, secrets: [...secretsOf(credentials), ...masked] };
}

/** Fetches everything that does not need the temporary key. With `environment-types`, nothing is fetched before every type was checked. */
async function fetch(service: Service, { selection, access }: Inputs) {
  const { environments, environmentTypes } = selection;
  const types =
    environmentTypes.length > 0 ? await checkEnvironmentTypes(service, environments, environmentTypes) : [];
  const grant = findGrant(service, access.grantKey);
  return { fetched: await fetchEnvironments(service, environments, grant), types };
}
