import type { Host } from "../ci/host.ts";
import { type CleanUpInputs, readCleanUpInputs } from "../inputs/clean-up.ts";
import type { Inputs } from "../inputs/inputs.ts";
import { readUndo, type Undo, type UndoJournal } from "../journal/undo-journal.ts";
import { isKeyDirectoryPath } from "../key/path.ts";
import { readPreparation } from "../key/prepare.ts";
import { abandonPreparedKey } from "../key/prepared.ts";
import { lookForLeaks } from "../leaks/check.ts";
import type { StashError } from "../lib/errors.ts";
import { undoSession } from "./undo.ts";

/**
 * The post step: undoes what main left, whatever happened to main.
 *
 * @throws {StashError} `LEAK_FOUND` when everything is undone, if `leak-check` is `fail`: the only reason for which post fails a job
 */
export async function cleanUp(host: Host): Promise<void> {
  await deletePreparedKey(host);
  const undo = readUndo(host.state);
  if (undo === undefined) return host.log.info("SecretStash: nothing to clean up.");
  const inputs = readCleanUpInputs(host.readInput, host.job.workspace);
  const { outcome, leak } = await checkLeaks(host, inputs, undo);
  await undoSession(host, inputs, undo, outcome);
  if (leak !== undefined) throw leak;
}

/** Deletes a prepared key that main did not claim, or found too late. */
async function deletePreparedKey({ state }: Host): Promise<void> {
  const { keyDirectory = "" } = readPreparation(state) ?? {};
  if (isKeyDirectoryPath(keyDirectory)) await abandonPreparedKey(keyDirectory);
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
  const inputs = { ...choices, apiToken: service.apiToken, caFile: service.caFile };
  const { outcome, leak } = await checkLeaks(host, inputs, undo);
  if (await undoSession(host, inputs, undo, outcome)) close();
  return leak;
}

/** Nothing is checked if no value was handed out. A job that is being cancelled may still upload its files. */
async function checkLeaks(
  { log, job }: Host,
  { leakCheck }: Pick<CleanUpInputs, "leakCheck">,
  undo: Undo,
): Promise<{ outcome?: string; leak?: StashError }> {
  if (!undo.isPulled) return {};
  return lookForLeaks(log, leakCheck, leakScopeOf(undo, job.workspace, [job.workspace]));
}

/** Where to look for the values of a session: not in the files that are meant to hold them. */
export function leakScopeOf(
  { keyDirectory = "", envFiles = [] }: Undo,
  workspace: string,
  paths: readonly string[],
) {
  return { keyDirectory, workspace, paths, exempt: envFiles.flatMap(({ path, draft }) => [path, draft]) };
}
