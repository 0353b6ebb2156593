import { dirname } from "node:path";
import type { Host } from "../ci/host.ts";
import { isSessionDirectoryPath, openSessionDirectory } from "../ci/session-directory.ts";
import { readNotedFiles } from "../export/file-note.ts";
import { restoreForgottenFile } from "../export/file-restore.ts";
import { deleteKeyDirectory } from "../key/delete.ts";
import { listLeftovers } from "../key/leftovers.ts";

/**
 * Removes what killed jobs of this user left: keys that have expired and whose job is gone. Never throws: what cannot be removed now is
 * left for the next sweep.
 *
 * @param apiToken tells which notes about files are ours
 */
export async function sweepLeftovers(
  { log, job }: Pick<Host, "log" | "job">,
  apiToken: string,
): Promise<void> {
  const leftovers = await listLeftovers(job.leftoversDirectory);
  let removed = 0;
  for (const { path } of leftovers.filter(({ isDead }) => isDead)) {
    try {
      await remove(path, apiToken);
      removed += 1;
    } catch {
      // Another user made it after all, or the disk fails. This job does not depend on it.
    }
  }
  if (removed > 0) {
    log.info(`SecretStash: removed what ${removed === 1 ? "a killed job" : `${removed} killed jobs`} left.`);
  }
}

async function remove(path: string, apiToken: string): Promise<void> {
  if (isSessionDirectoryPath(path)) return openSessionDirectory(path).delete();
  for (const file of readNotedFiles(path, apiToken).reverse()) await restoreForgottenFile(file);
  await deleteKeyDirectory(path);
  if (isSessionDirectoryPath(dirname(path))) openSessionDirectory(dirname(path)).delete();
}
