import { basename, dirname, join } from "node:path";
import type { Host } from "../ci/host.ts";
import { isSessionDirectoryPath, openSessionDirectory } from "../ci/session-directory.ts";
import { readNotedEnvFiles } from "../export/env-file-note.ts";
import { restoreForgottenEnvFile } from "../export/env-file-restore.ts";
import { deleteKeyDirectory } from "../key/delete.ts";
import { listLeftovers } from "../key/leftovers.ts";

/**
 * Removes what killed jobs of this user left: keys that have expired and whose job is gone. Never throws: what cannot be removed now is
 * left for the next sweep.
 */
export async function sweepLeftovers({ log, job }: Pick<Host, "log" | "job">): Promise<void> {
  const leftovers = await listLeftovers(job.leftoversDirectory);
  let removed = 0;
  for (const { path } of leftovers.filter(({ isDead }) => isDead)) {
    try {
      await remove(path);
      removed += 1;
    } catch {
      // Another user made it after all, or the disk fails. This job does not depend on it.
    }
  }
  if (removed > 0) {
    log.info(`SecretStash: removed what ${removed === 1 ? "a killed job" : `${removed} killed jobs`} left.`);
  }
}

async function remove(path: string): Promise<void> {
  if (isSessionDirectoryPath(path)) return openSessionDirectory(path).delete();
  for (const file of (await readNotedEnvFiles(path)).reverse()) {
    // A note counts for its own directory only, however that was spelled when it was written.
    await restoreForgottenEnvFile({ ...file, backup: join(path, basename(file.backup)) });
  }
  await deleteKeyDirectory(path);
  if (isSessionDirectoryPath(dirname(path))) openSessionDirectory(dirname(path)).delete();
}
