import { StashError } from "../lib/errors.ts";
import { printable } from "../lib/printable.ts";
import { type OwnKey, readOwnKeyFiles } from "../stash/key-files.ts";

/**
 * Reads a person's own device key from a key directory of either official client.
 *
 * @throws {StashError} `APPROVER_KEY_UNREADABLE`
 */
export function readOwnKey(path: string): OwnKey {
  return readOwnKeyFiles(
    path,
    (why, cause) =>
      new StashError(
        "APPROVER_KEY_UNREADABLE",
        `There is no usable device key in ${printable(path)}: ${why}. Create one with an official client (secret-stash key init), or set ` +
          "--key-dir to its directory.",
        { cause },
      ),
  );
}
