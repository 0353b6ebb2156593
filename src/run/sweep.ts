import { dirname } from "node:path";
import { deleteKeyDirectory, deleteKeyFiles, holdsBackups } from "../device/key-directory-deletion.ts";
import { listLeftovers } from "../device/leftovers.ts";
import type { Host } from "../host/host.ts";
import { isSessionDirectoryPath, openSessionDirectory } from "../host/session-directory.ts";
import { undoLocally } from "./clean-up.ts";
import { STATE, undoOf } from "./undo.ts";

/**
 * Removes what killed jobs of this user left: keys that have expired and whose job is gone. Never fails: what cannot be removed now is
 * there for the next sweep.
 */
export async function sweepLeftovers(host: Host): Promise<void> {
  const leftovers = await listLeftovers(host.leftoversDirectory);
  let removed = 0;
  for (const { path } of leftovers.filter(({ isDead }) => isDead)) {
    try {
      await remove(path);
      removed += 1;
    } catch {
      // Of another user's making after all, or on a disk that fails: this job can do without.
    }
  }
  if (removed > 0)
    host.info(`SecretStash: removed what ${removed === 1 ? "a killed job" : `${removed} killed jobs`} left.`);
}

async function remove(path: string): Promise<void> {
  const parent = isSessionDirectoryPath(path) ? path : dirname(path);
  if (isSessionDirectoryPath(parent)) {
    // Its state says what else it left, such as an env file with values.
    const session = openSessionDirectory(parent);
    const undo = undoOf(session.read(`${STATE}.json`));
    if (undo !== undefined) await undoLocally(undo);
    session.delete();
  } else if (await holdsBackups(path)) {
    await deleteKeyFiles(path); // the only copy of what an env file replaced stays for the post step, if it ever comes
  } else await deleteKeyDirectory(path);
}
