import { isKeyDirectoryPath } from "../device/key-directory.ts";
import { deleteKeyDirectory, deleteKeyFiles } from "../device/key-directory-deletion.ts";
import { printable, StashError, systemCode } from "../errors.ts";
import type { Host } from "../host/host.ts";
import { parseInputs } from "../host/inputs.ts";
import { deleteKey } from "../stash/keys.ts";
import { restoreEnvFile } from "../workspace/env-file.ts";
import { connect } from "./connect.ts";
import { readUndo, type Undo } from "./undo.ts";

const REVOCATION_SECONDS = 10;

/** Post: undoes what main left, whatever main came to. Never fails the job. */
export async function cleanUp(host: Host): Promise<void> {
  const undo = readUndo(host);
  if (undo === undefined) {
    host.info("SecretStash: nothing to clean up.");
    return;
  }
  if (await undoSession(host, undo)) host.info("SecretStash: the temporary key is gone.");
}

/**
 * Undoes a session as far as it came: first what is on this machine, then what needs the network. Each part is tried whatever
 * became of the others; a warning says what is left and when it ends by itself.
 *
 * @returns whether nothing is left
 */
export async function undoSession(host: Host, undo: Undo): Promise<boolean> {
  const restored = await attempt(host, () => restoreWorkspace(undo));
  const deleted = await attempt(host, () => deleteKeys(undo, restored));
  const revoked = await attempt(host, () => revokeKey(host, undo));
  return restored && deleted && revoked;
}

async function restoreWorkspace({ envFile }: Undo): Promise<void> {
  if (envFile === undefined || envFile.keep) return;
  try {
    await restoreEnvFile(envFile);
  } catch (error) {
    const remedy = envFile.existed
      ? `What stood there before is kept in ${printable(envFile.backup)}`
      : "Delete it";
    throw new Error(
      `the env file ${printable(envFile.path)} is still there (${systemCode(error)}). ${remedy}.`,
    );
  }
}

async function deleteKeys({ keyDirectory, expiresAt }: Undo, restored: boolean): Promise<void> {
  if (keyDirectory === undefined || !isKeyDirectoryPath(keyDirectory)) return;
  const place = `the key directory ${printable(keyDirectory)}`;
  const expiry = expiresAt === undefined ? "" : ` Its key expires at ${printable(expiresAt)}.`;
  let replaced = false;
  try {
    // An env file that was not restored has its only copy in there.
    replaced = (await (restored ? deleteKeyDirectory : deleteKeyFiles)(keyDirectory)) === "replaced";
  } catch (error) {
    throw new Error(`${place} is still there (${systemCode(error)}). Delete it.${expiry}`);
  }
  if (replaced) throw new Error(`${place} had been replaced by something else, which is removed.${expiry}`);
}

async function revokeKey(host: Host, { deviceKeyId, expiresAt = "the end of its TTL" }: Undo): Promise<void> {
  if (deviceKeyId === undefined) return;
  try {
    const inputs = parseInputs(host.readInput);
    if (!inputs.revoke) return;
    await deleteKey(connect(host, inputs, Math.min(inputs.timeoutSeconds, REVOCATION_SECONDS)), deviceKeyId);
  } catch (error) {
    const why = error instanceof StashError ? error.code : systemCode(error);
    throw new Error(
      `device key ${deviceKeyId} is still registered (${why}). It expires at ${printable(expiresAt)}.`,
    );
  }
}

async function attempt(host: Host, work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    host.warn(`SecretStash clean-up: ${(error as Error).message}`);
    return false;
  }
}
