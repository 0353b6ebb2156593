import type { Host } from "../ci/host.ts";
import { runCommand } from "../command/run.ts";
import { explainFailure } from "../doctor/explain.ts";
import { noteFiles } from "../export/file-note.ts";
import { type Pulled, planExports } from "../export/plan.ts";
import { warnOfGit, writeFiles } from "../export/planned-files.ts";
import { pathNamesOf, takeFiles, writeOwnFiles } from "../export/secret-files.ts";
import { readCleanUpInputs } from "../inputs/clean-up.ts";
import type { Inputs } from "../inputs/inputs.ts";
import type { Undo, UndoJournal } from "../journal/undo-journal.ts";
import type { WrittenFileRecord } from "../journal/written-file.ts";
import { throwIfCancelled } from "../lib/cancellation.ts";
import type { Secret } from "../lib/secret.ts";
import { breaksDetails, maskValues, otherForms, secretsOf } from "../masks/announce.ts";
import { keepSecrets, newKeptKey } from "../masks/store.ts";
import { chooseMasked } from "../select/masking.ts";
import { checkRequired, writtenOutNames } from "../select/selection.ts";
import { decryptVariables } from "../variables/decrypt.ts";
import { beginJournal, readInputs } from "./begin.ts";
import { endSession, withoutBrokenAddress } from "./end.ts";
import { obtainFromBroker } from "./from-broker.ts";
import { obtainFromService } from "./from-service.ts";
import { warnOfInputs } from "./notices.ts";
import type { Recording } from "./obtained.ts";
import { report, reportDetails, reportSkipped } from "./report.ts";
import { summarize, summarizeFailure } from "./summary.ts";

/** The main stage: pulls the variables into the job, or fails and leaves nothing behind. Throws any StashError. */
export async function pull(host: Host): Promise<void> {
  try {
    await pullIntoJob(host);
  } catch (error) {
    const { summary } = readCleanUpInputs(host.readInput, host.job.workspace); // The others may be what is wrong.
    if (summary) await summarizeFailure(host.log, error);
    throw error;
  }
}

async function pullIntoJob(host: Host): Promise<void> {
  const inputs = await readInputs(host, () => host.refuseTracedJob());
  if (inputs === undefined) return reportSkipped(host);
  const journal = await beginJournal(host, inputs);
  try {
    const session = await pullVariables(host, inputs, journal);
    if (inputs.command.run === "") return;
    await runCommand(host, inputs.command, session);
  } catch (error) {
    await endSession(host, inputs, journal);
    throw withoutBrokenAddress(await explainFailure(host, inputs, error), journal.undo);
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
 * 1. Obtain a key, access for it, and the ciphertext: `from-service.ts`, `from-broker.ts`.
 * 2. Decrypt, and work out everything that will be written. Whatever must be refused is refused by now.
 * 3. Mask every value.
 * 4. Export all of it.
 * 5. Report.
 */
export async function pullVariables(host: Host, inputs: Inputs, journal: UndoJournal): Promise<Session> {
  const { log, job, cancelled } = host;
  const { selection, exports, broker } = inputs;
  const record: Recording["record"] = (part) => {
    throwIfCancelled(cancelled);
    journal.record(part);
  };
  const { key, keyDirectory, device, stored, selected, deks, types } = await (broker === undefined
    ? obtainFromService(host, inputs, { record, journal })
    : obtainFromBroker(host, inputs, broker, { record, journal })); // 1

  const values = decryptVariables(stored, { ...selection, ...selected }, deks);
  const { variables, secretFiles, shown } = await takeFiles(values.variables, exports, job, keyDirectory);
  checkRequired(new Map([...variables, ...values.variables]), selection.required);
  const writtenOut = new Set([...writtenOutNames(values.choices), ...pathNamesOf(secretFiles)]);
  const pulledNames = [...values.variables.keys()];
  const pulled = { keyDirectory, device, variables, names: pulledNames, secretFiles, types, writtenOut };
  const plan = await planExports(host, exports, pulled); // 2

  const names = new Set([...values.variables.keys(), ...variables.keys()]);
  warnOfInputs(log, inputs, {
    names,
    quoted: values.quoted,
    overruled: [...selected.overruled, ...values.overruled],
  });
  const masking = chooseMasked(values.variables, inputs.masking);
  const others = otherForms(values, shown, masking, inputs.masking);
  const masksDetails = breaksDetails(masking, others, device.expiresAt);
  if (masksDetails) {
    record({ masksDetails });
    reportDetails(host, device);
  }
  const masked = await maskValues(log, masking, others, variables.size > 0 ? plan.json : "");
  if (log.keepsSecrets || inputs.cleanUp.leakCheck !== "off") {
    const keptKey = newKeptKey();
    // Where later commands of the job read them, too, their key lies next to them.
    const publicKeyPem = log.keepsSecrets ? key.publicKeyPem : undefined;
    // Not the credentials: who reads these must not get anything that decrypts for ever.
    const keptHash = await keepSecrets(keyDirectory, masked, keptKey, publicKeyPem);
    record({ keptHash, ...(log.keepsSecrets ? {} : { keptKey: keptKey.toString("base64") }) });
  } // 3

  await warnOfGit(host, plan.files);
  await writeFiles(plan.files, async (files) => {
    const envFiles = files.map(({ draft: _draft, backup: _backup, ...noted }) => noted);
    record({ envFiles });
    await noteFiles(keyDirectory, envFiles, inputs.service.apiToken);
  });
  await writeOwnFiles(secretFiles, keyDirectory);
  throwIfCancelled(cancelled);
  host.exporter.publish(plan);
  const { leakIgnore } = inputs.cleanUp;
  record({ isPulled: true, keepEnvFiles: exports.keepEnvFile, ...(leakIgnore !== "" && { leakIgnore }) }); // Not earlier: a failed pull keeps nothing.
  if (exports.keepEnvFile) await noteFiles(keyDirectory, temporaryOf(journal.undo), inputs.service.apiToken); // 4

  report(host, inputs, pulled, values, stored, masksDetails);
  const { choices } = values;
  if (inputs.cleanUp.summary)
    await summarize(log, inputs, pulled, { choices, stored, masking, key, masksDetails }); // 5
  return { ...pulled, secrets: [...secretsOf(inputs.credentials), ...masked] };
}

/** The files that go even if env files are kept. */
function temporaryOf({ envFiles = [] }: Undo): WrittenFileRecord[] {
  return envFiles.filter(({ kind }) => kind === "file");
}
