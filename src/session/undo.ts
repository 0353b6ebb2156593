import { relative } from "node:path";
import type { Host } from "../ci/host.ts";
import { deleteDraft, restoreEnvFile } from "../export/env-file-restore.ts";
import { realPath } from "../export/real-path.ts";
import { formatCleanUpSummary } from "../format/summary.ts";
import type { CleanUpInputs } from "../inputs/clean-up.ts";
import type { EnvFileRecord } from "../journal/env-file-record.ts";
import type { Undo } from "../journal/undo-journal.ts";
import { deleteKeyDirectory, deleteKeyFiles } from "../key/delete.ts";
import { isKeyDirectoryPath } from "../key/path.ts";
import { StashError, systemCode } from "../lib/errors.ts";
import { listNames, printable } from "../lib/printable.ts";
import { connect, within } from "../stash/connect.ts";
import { deleteKey, listKeys } from "../stash/keys.ts";
import type { Service } from "../stash/service.ts";

const REVOCATION_SECONDS = 10;

/**
 * Undoes a session as far as it got: first what is on this machine, then what needs the network. Each part is tried whatever happened to
 * the others. A warning says what is left, and when that ends by itself.
 *
 * @param leakOutcome the outcome of the leak check, for the summary page
 * @returns whether everything was undone
 */
export async function undoSession(
  host: Host,
  inputs: Omit<CleanUpInputs, "leakCheck">,
  undo: Undo,
  leakOutcome?: string,
): Promise<boolean> {
  const { log, job } = host;
  const warnings: string[] = [];
  const unrestored = await restoreEnvFiles(undo, warnings);
  const files = warnings.length === 0 ? describeFiles(undo, job.workspace) : []; // Otherwise the warnings say it.
  await removeKeyDirectory(undo, unrestored, warnings);
  const isRevoked = await revokeKey(host, inputs, undo, warnings);
  for (const warning of warnings) log.warn(`SecretStash clean-up: ${warning}`);
  const end = `temporary key is ${isRevoked ? "gone" : `deleted from this machine; on the service it ${describeExpiry(undo)}`}.`;
  if (warnings.length === 0 && undo.fingerprint !== undefined) log.info(`SecretStash: the ${end}`);
  if (undo.isPulled && inputs.summary) {
    await log.summarize(
      formatCleanUpSummary([
        ...(warnings.length === 0 ? [`The ${end}`] : warnings),
        ...files,
        ...(leakOutcome ? [leakOutcome] : []),
      ]),
    );
  }
  return warnings.length === 0;
}

function describeFiles({ envFiles = [], keepEnvFiles = false }: Undo, workspace: string): string[] {
  const root = realPath(workspace); // as env files are located
  const restored = envFiles.filter(({ existed }) => existed);
  const parts: [string, readonly EnvFileRecord[]][] = keepEnvFiles
    ? [["Kept, as requested", envFiles]]
    : [
        ["Restored", restored],
        ["Deleted", envFiles.filter((file) => !restored.includes(file))],
      ];
  return parts
    .filter(([, files]) => files.length > 0)
    .map(([what, files]) => `${what}: ${listNames(files.map(({ path }) => relative(root, path)))}.`);
}

/** @returns the files that existed before and could not be restored */
async function restoreEnvFiles(
  { envFiles = [], keepEnvFiles = false }: Undo,
  warnings: string[],
): Promise<EnvFileRecord[]> {
  const unrestored: EnvFileRecord[] = [];
  // The last one first: if two names are one file, as on macOS, the second backup holds what the first write put there.
  for (const file of [...envFiles].reverse()) {
    try {
      if (keepEnvFiles) await deleteDraft(file);
      else if (!(await restoreEnvFile(file))) {
        warnings.push(
          `the env file ${printable(file.path)} held values and was deleted. Its earlier content is lost, because a step deleted the key ` +
            "directory, where the backup was.",
        );
      }
    } catch (error) {
      if (file.existed) unrestored.push(file);
      const remedy = file.existed ? `Its earlier content is in ${printable(file.backup)}` : "Delete it";
      warnings.push(
        `the env file ${printable(file.path)} could not be removed (${systemCode(error)}). ${remedy}.`,
      );
    }
  }
  return unrestored;
}

async function removeKeyDirectory(
  undo: Undo,
  unrestored: readonly EnvFileRecord[],
  warnings: string[],
): Promise<void> {
  const { keyDirectory } = undo;
  if (keyDirectory === undefined) return;
  const place = `the key directory ${printable(keyDirectory)}`;
  try {
    if (!isKeyDirectoryPath(keyDirectory)) throw new Error("not the path of a key directory");
    // The key directory holds the only copy of an env file that could not be restored.
    const deletion = await (unrestored.length > 0 ? deleteKeyFiles : deleteKeyDirectory)(keyDirectory);
    if (deletion !== "replaced") return;
    warnings.push(
      `${place} had been replaced by something else, which was removed. Its key ${describeExpiry(undo)}.`,
    );
  } catch (error) {
    warnings.push(
      `${place} could not be deleted (${systemCode(error)}). Delete it. Its key ${describeExpiry(undo)}.`,
    );
  }
}

/** @returns whether the service no longer has the key */
async function revokeKey(
  { environment, log }: Host,
  { apiToken, revoke, caFile }: Omit<CleanUpInputs, "leakCheck">,
  undo: Undo,
  warnings: string[],
): Promise<boolean> {
  const { apiUrl, deviceKeyId, fingerprint } = undo;
  if (apiUrl === undefined || fingerprint === undefined) return true; // It was never registered.
  if (!revoke) return false;
  try {
    // Without the cancellation of the session: a cancelled job is cleaned up like any other.
    const address = { apiUrl: new URL(apiUrl), apiToken, caFile, timeoutSeconds: REVOCATION_SECONDS };
    const service = within(connect({ environment, log }, address), REVOCATION_SECONDS);
    const id = deviceKeyId ?? (await findRegisteredId(service, fingerprint));
    return id === undefined || (await deleteKey(service, id));
  } catch (error) {
    const why = error instanceof StashError ? error.code : systemCode(error);
    const key =
      deviceKeyId === undefined
        ? "a device key of this job may still be"
        : `device key ${deviceKeyId} is still`;
    warnings.push(`${key} registered (${why}). It ${describeExpiry(undo)}.`);
    return false;
  }
}

/** If the answer to the registration never arrived, the service may have registered the key anyway. */
async function findRegisteredId(service: Service, fingerprint: string): Promise<number | undefined> {
  return (await listKeys(service)).find((key) => key.fingerprint === fingerprint)?.id;
}

function describeExpiry({ expiresAt }: Undo): string {
  return expiresAt === undefined ? "expires when its TTL is over" : `expires at ${printable(expiresAt)}`;
}
