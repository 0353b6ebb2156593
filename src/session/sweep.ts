import { basename, dirname, join } from "node:path";
import { deleteKeyDirectory } from "../key/delete.ts";
import { listLeftovers } from "../key/leftovers.ts";
import type { Host } from "../ci/host.ts";
import { isSessionDirectoryPath, openSessionDirectory } from "../ci/session-directory.ts";
import { restoreForgottenEnvFile } from "../export/env-file.ts";
import { readNotedEnvFiles } from "../journal/env-file-note.ts";

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
  if (isSessionDirectoryPath(path)) return openSessionDirectory(path).delete();
  for (const file of (await readNotedEnvFiles(path)).reverse()) {
    // A note speaks of its own directory alone, however that was spelled then.
    await restoreForgottenEnvFile({ ...file, backup: join(path, basename(file.backup)) });
  }
  await deleteKeyDirectory(path);
  if (isSessionDirectoryPath(dirname(path))) openSessionDirectory(dirname(path)).delete();
}
