import type { Host } from "../ci/host.ts";
import { type CleanUpInputs, readCleanUpInputs } from "../inputs/clean-up.ts";
import type { Inputs } from "../inputs/inputs.ts";
import { placeEnvFiles } from "../journal/env-file-record.ts";
import { readUndo, type SavedUndo, type Undo, type UndoJournal } from "../journal/undo-journal.ts";
import { keyDirectoryIn } from "../key/path.ts";
import { readPreparation } from "../key/prepare.ts";
import { abandonPreparedKey } from "../key/prepared.ts";
import { lookForLeaks } from "../leaks/check.ts";
import type { StashError } from "../lib/errors.ts";
import { undoSession } from "./undo.ts";

/**
 * The post step: undoes what main left, whatever happened to main.
 *
 * @throws {StashError} `LEAK_FOUND` when everything is undone, if `leak-check` is `fail`: the only reason for which post fails a job.
 *   `STATE_FAILED` if what main saved cannot be read, or somebody else saved it
 */
export async function cleanUp(host: Host): Promise<void> {
  const preparation = readPreparation(host);
  if (preparation !== undefined) await abandonPreparedKey(preparation.keyDirectory); // Main did not claim it, or too late.
  const inputs = readCleanUpInputs(host.readInput, host.job.workspace);
  const saved = readUndo(host.state, inputs.apiToken);
  if (saved?.undo.keyDirectory === undefined) return host.log.info("SecretStash: nothing to clean up.");
  const { outcome, leak } = await checkLeaks(host, inputs, saved);
  await undoSession(host, inputs, saved, outcome);
  if (leak !== undefined) throw leak;
}

/**
 * Ends a session in the process that began it, however its command ended: looks for leaks while the key is there, and undoes everything.
 *
 * @returns the error with which the job is to fail because of a leak, if it is to fail
 */
export async function endSession(
  host: Host,
  { service, cleanUp: choices }: Inputs,
  { undo, close }: UndoJournal,
): Promise<StashError | undefined> {
  const inputs = { ...choices, ...service };
  const saved = { undo, isSealed: true };
  const { outcome, leak } = await checkLeaks(host, inputs, saved);
  if (await undoSession(host, inputs, saved, outcome)) close();
  return leak;
}

/** Nothing is checked if no value was handed out. A job that is being cancelled may still upload its files. */
async function checkLeaks(
  { log, job }: Host,
  { leakCheck }: Pick<CleanUpInputs, "leakCheck">,
  { undo }: SavedUndo,
): Promise<{ outcome?: string; leak?: StashError }> {
  if (!undo.isPulled) return {};
  return lookForLeaks(log, leakCheck, leakScopeOf(undo, job, [job.workspace]));
}

/** Where to look for the values of a session: not in the files that are meant to hold them. */
export function leakScopeOf(
  { keyDirectory = "", envFiles = [], startedAt, keptKey }: Undo,
  { workspace, temporaryDirectory }: Pick<Host["job"], "workspace" | "temporaryDirectory">,
  paths: readonly string[],
) {
  const own = keyDirectoryIn(temporaryDirectory, keyDirectory) ?? "";
  return {
    ...{ keyDirectory: own, workspace, paths, startedAt },
    exempt: placeEnvFiles(envFiles, own),
    keptKey: keptKey === undefined ? undefined : Buffer.from(keptKey, "base64"),
  };
}
