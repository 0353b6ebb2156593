import type { Host } from "../ci/host.ts";
import { openSessionDirectory } from "../ci/session-directory.ts";
import { type DeviceKey, deviceKeyOf } from "../crypto/device-key.ts";
import { findKeyDirectory, readKeyDirectoryFile, sessionStart } from "../key/directory.ts";
import { PRIVATE_KEY_FILE } from "../stash/key-files.ts";

// The broker answers the same key for five minutes. After that, only a key of its own helps (`keys-per-job` in the policy).
const USABLE_MS = 4 * 60_000;

/**
 * The key of an earlier session of this job that is still open, as that of the GitLab component around an `exec`. A job has one token there, and a
 * key broker takes a token for the first key alone.
 *
 * @returns `undefined` if there is none, or it is too old to be answered again
 */
export function findEarlierKey({
  environment,
  job,
  log,
}: Pick<Host, "environment" | "job" | "log">): DeviceKey | undefined {
  const path = environment.SECRET_STASH_SESSION_DIR ?? "";
  if (path === "" || path === job.temporaryDirectory) return undefined;
  try {
    const keyDirectory = findKeyDirectory(openSessionDirectory(path).path);
    if (keyDirectory === "") return undefined;
    if (Math.abs(Date.now() - sessionStart(keyDirectory)) > USABLE_MS) {
      log.info(
        "SecretStash: the session around this one is older than four minutes, so its key is not answered again, and a key of this session's own is " +
          "used. The rule of the broker's policy has to allow that: keys-per-job.",
      );
      return undefined;
    }
    return deviceKeyOf(readKeyDirectoryFile(keyDirectory, PRIVATE_KEY_FILE));
  } catch {
    return undefined; // It is over, or is none of ours.
  }
}
