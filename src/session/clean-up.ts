import { relative } from "node:path";
import { isKeyDirectoryPath } from "../key/directory.ts";
import { deleteKeyDirectory, deleteKeyFiles } from "../key/delete.ts";
import { abandonPreparedKey } from "../key/prepared.ts";
import { listNames, printable, StashError, systemCode } from "../lib/errors.ts";
import { formatCleanUpSummary } from "../format/summary.ts";
import { readLeakPolicy, readRevocationInputs, readSummary } from "../inputs/clean-up.ts";
import type { Host } from "../ci/host.ts";
import { deleteKey, listKeys } from "../stash/keys.ts";
import type { Service } from "../stash/service.ts";
import { deleteDraft, type EnvFile, restoreEnvFile } from "../export/env-file.ts";
import { connect } from "../stash/connect.ts";
import { lookForLeaks, realPath } from "../leaks/check.ts";
import { readPreparation } from "../key/prepare.ts";
import { readUndo, type Undo } from "../journal/undo.ts";

const REVOCATION_SECONDS = 10;

/**
 * Post: undoes what main left, whatever main came to.
 *
 * @throws {StashError} `LEAK_FOUND`, when all is undone: the one reason for which post fails a job, where `leak-check` says so
 */
export async function cleanUp(host: Host): Promise<void> {
  await deletePreparedKey(host);
  const undo = readUndo(host);
  if (undo === undefined) return host.info("SecretStash: nothing to clean up.");
  const { outcome, leak } = await lookForLeaks(host, readLeakPolicy(host.readInput), undo);
  await undoSession(host, undo, outcome);
  if (leak !== undefined) throw leak;
}

/** That main never came to claim, or found too late. */
async function deletePreparedKey(host: Host): Promise<void> {
  const { keyDirectory = "" } = readPreparation(host) ?? {};
  if (isKeyDirectoryPath(keyDirectory)) await abandonPreparedKey(keyDirectory);
}

/**
 * Undoes a session as far as it came: first what is on this machine, then what needs the network. Each part is tried whatever
 * became of the others; a warning says what is left and when it ends by itself.
 *
 * @param leakOutcome what the leak check came to, for the summary
 * @returns whether all of it could be undone
 */
export async function undoSession(host: Host, undo: Undo, leakOutcome?: string): Promise<boolean> {
  const warnings: string[] = [];
  const unrestored = await restoreEnvFiles(undo, warnings);
  const files = warnings.length === 0 ? describeFiles(undo, host.workspace) : []; // else the warnings say it
  await removeKeyDirectory(undo, unrestored, warnings);
  const revoked = await revokeKey(host, undo, warnings);
  for (const warning of warnings) host.warn(`SecretStash clean-up: ${warning}`);
  const end = `temporary key is ${revoked ? "gone" : `deleted here; it ${expiryOf(undo)}`}.`;
  if (warnings.length === 0 && undo.fingerprint !== undefined) host.info(`SecretStash: the ${end}`);
  if (undo.isPulled && readSummary(host.readInput)) {
    await host.summarize(
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
  const parts: [string, readonly EnvFile[]][] = keepEnvFiles
    ? [["Kept, as asked", envFiles]]
    : [
        ["Restored", restored],
        ["Deleted", envFiles.filter((file) => !restored.includes(file))],
      ];
  return parts
    .filter(([, files]) => files.length > 0)
    .map(([what, files]) => `${what}: ${listNames(files.map(({ path }) => relative(root, path)))}.`);
}

/** @returns the files that stood there before and could not be put back */
async function restoreEnvFiles(
  { envFiles = [], keepEnvFiles = false }: Undo,
  warnings: string[],
): Promise<EnvFile[]> {
  const unrestored: EnvFile[] = [];
  // The last one first: where two names are one file, as on macOS, the second backup holds what the first write put there.
  for (const file of [...envFiles].reverse()) {
    try {
      if (keepEnvFiles) await deleteDraft(file);
      else if (!(await restoreEnvFile(file))) {
        warnings.push(
          `the env file ${printable(file.path)} held values and is deleted. What stood there before is lost, because a step deleted ` +
            "the key directory, where it was kept.",
        );
      }
    } catch (error) {
      if (file.existed) unrestored.push(file);
      const remedy = file.existed
        ? `What stood there before is kept in ${printable(file.backup)}`
        : "Delete it";
      warnings.push(`the env file ${printable(file.path)} is still there (${systemCode(error)}). ${remedy}.`);
    }
  }
  return unrestored;
}

async function removeKeyDirectory(
  undo: Undo,
  unrestored: readonly EnvFile[],
  warnings: string[],
): Promise<void> {
  const { keyDirectory } = undo;
  if (keyDirectory === undefined) return;
  const place = `the key directory ${printable(keyDirectory)}`;
  try {
    if (!isKeyDirectoryPath(keyDirectory)) throw new Error("not a key directory's path");
    // An env file that could not be put back has its only copy in there.
    const deletion = await (unrestored.length > 0 ? deleteKeyFiles : deleteKeyDirectory)(keyDirectory);
    if (deletion !== "replaced") return;
    warnings.push(
      `${place} had been replaced by something else, which is removed. Its key ${expiryOf(undo)}.`,
    );
  } catch (error) {
    warnings.push(`${place} is still there (${systemCode(error)}). Delete it. Its key ${expiryOf(undo)}.`);
  }
}

/** @returns whether the service has no such key any more */
async function revokeKey(host: Host, undo: Undo, warnings: string[]): Promise<boolean> {
  const { apiUrl, deviceKeyId, fingerprint } = undo;
  if (apiUrl === undefined || fingerprint === undefined) return true; // never registered
  const { apiToken, revoke, caFile } = readRevocationInputs(host.readInput);
  if (!revoke) return false;
  try {
    const service = connect(host, {
      apiUrl: new URL(apiUrl),
      apiToken,
      caFile,
      timeoutSeconds: REVOCATION_SECONDS,
    });
    const id = deviceKeyId ?? (await findRegisteredId(service, fingerprint));
    return id === undefined || (await deleteKey(service, id));
  } catch (error) {
    const why = error instanceof StashError ? error.code : systemCode(error);
    const key =
      deviceKeyId === undefined
        ? "a device key of this job may still be"
        : `device key ${deviceKeyId} is still`;
    warnings.push(`${key} registered (${why}). It ${expiryOf(undo)}.`);
    return false;
  }
}

/** The answer to our registration never came, or could not be read: the service may have made the key all the same. */
async function findRegisteredId(service: Service, fingerprint: string): Promise<number | undefined> {
  return (await listKeys(service)).find((key) => key.fingerprint === fingerprint)?.id;
}

function expiryOf({ expiresAt }: Undo): string {
  return expiresAt === undefined ? "expires by its TTL" : `expires at ${printable(expiresAt)}`;
}
