import type { Host } from "../ci/host.ts";
import { readSeal } from "../ci/stage-secret.ts";
import { type CleanUpInputs, readCleanUpInputs } from "../inputs/clean-up.ts";
import type { Inputs } from "../inputs/inputs.ts";
import { readUndo, type SavedUndo, type Undo, type UndoJournal } from "../journal/undo-journal.ts";
import { type FileKind, placeWrittenFiles } from "../journal/written-file.ts";
import { findKeyDirectory } from "../key/directory.ts";
import { keyDirectoryIn } from "../key/path.ts";
import { readPreparation } from "../key/prepare.ts";
import { abandonPreparedKey } from "../key/prepared.ts";
import { lookForLeaks } from "../leaks/check.ts";
import { StashError } from "../lib/errors.ts";
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
  const saved = readSaved(host, inputs);
  if (saved?.undo.keyDirectory === undefined) return host.log.info("SecretStash: nothing to clean up.");
  const { outcome, leak } = await checkLeaks(host, inputs, saved);
  const { filesLeft } = await undoSession(host, inputs, saved, outcome);
  const left = leak ?? (filesLeft && inputs.leakCheck === "fail" ? valuesLeft(filesLeft) : undefined);
  if (left !== undefined) throw withoutBrokenAddress(left, saved.undo);
}

/** If leaks are to fail the job, so does a list that is not ours: nobody can say then what there was to look for. */
function readSaved(host: Host, { leakCheck }: CleanUpInputs): SavedUndo | undefined {
  const { state, job } = host;
  try {
    const saved = readUndo(state, readSeal(host, "session"));
    const isMissing =
      saved === undefined && job.ownsTemporaryDirectory && findKeyDirectory(job.temporaryDirectory) !== "";
    if (leakCheck === "fail" && isMissing) throw notChecked();
    return saved;
  } catch (error) {
    throw leakCheck === "fail" && error instanceof StashError ? notChecked(error) : error;
  }
}

function notChecked(cause?: StashError): StashError {
  return new StashError(
    "LEAK_FOUND",
    "The leak check could not run, because the list of what this session did is missing, or is not one that main saved with this api-token. So " +
      "it is unknown whether a file holds a value. Find out which step changed it, or set leak-check to warn.",
    { cause },
  );
}

function valuesLeft(kind: FileKind): StashError {
  return new StashError(
    "LEAK_FOUND",
    `${kind === "file" ? "A file" : "An env file"}, which holds values, could not be removed. The warnings above say which, and why. If a later step uploads, caches or commits ` +
      "it, the values go with it.",
  );
}

/**
 * Ends a session in the process that began it, however its command ended: looks for leaks while the key is there, and undoes everything.
 *
 * @returns the error with which the job is to fail because of a leak, if it is to fail
 */
export async function endSession(
  host: Host,
  { service, broker, cleanUp: choices }: Inputs,
  { undo, close }: UndoJournal,
): Promise<StashError | undefined> {
  const inputs = { ...choices, ...service, brokerUrl: broker?.url };
  const saved = { undo, isSealed: true };
  const { outcome, leak } = await checkLeaks(host, inputs, saved);
  const { isUndone, filesLeft } = await undoSession(host, inputs, saved, outcome);
  if (isUndone) close();
  const left = leak ?? (filesLeft && choices.leakCheck === "fail" ? valuesLeft(filesLeft) : undefined);
  return left && withoutBrokenAddress(left, undo);
}

/** Leaves the address of its page out of an error, if masks of the session would break it. Main has then shown the address before. */
export function withoutBrokenAddress<Failure>(error: Failure, { masksDetails }: Undo): Failure {
  if (error instanceof StashError && masksDetails) error.hidesAddress = true;
  return error;
}

/** Nothing is checked if no value was handed out. A job that is being cancelled may still upload its files. */
async function checkLeaks(
  { log, job }: Host,
  { leakCheck, leakIgnore }: Pick<CleanUpInputs, "leakCheck" | "leakIgnore">,
  { undo, isSealed }: SavedUndo,
): Promise<{ outcome?: string; leak?: StashError }> {
  if (!isSealed && leakCheck === "fail") return { leak: notChecked() };
  if (!undo.isPulled) return {};
  return lookForLeaks(log, leakCheck, {
    ...leakScopeOf(undo, job, [job.workspace]),
    ignore: leakIgnore || (isSealed ? (undo.leakIgnore ?? "") : ""),
  });
}

/** Where to look for the values of a session: not in the files that are meant to hold them. */
export function leakScopeOf(
  { keyDirectory = "", envFiles = [], startedAt, keptKey, keptHash }: Undo,
  { workspace, temporaryDirectory }: Pick<Host["job"], "workspace" | "temporaryDirectory">,
  paths: readonly string[],
) {
  const own = keyDirectoryIn(temporaryDirectory, keyDirectory) ?? "";
  return {
    ...{ keyDirectory: own, workspace, paths, startedAt },
    exempt: placeWrittenFiles(envFiles, own),
    kept: { key: keptKey === undefined ? undefined : Buffer.from(keptKey, "base64"), hash: keptHash },
  };
}
