import { readFile } from "node:fs/promises";
import { StashError, systemCode } from "../lib/errors.ts";

/**
 * The text of a file that holds a grant key. The path is not in the error: what was taken for one may be a mangled key.
 *
 * @throws {StashError} `GRANT_KEY_UNREADABLE`
 */
export async function readGrantKeyFile(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new StashError(
      "GRANT_KEY_UNREADABLE",
      `grant-key is neither a key nor the path of a file that can be read (${systemCode(error)}). Give it a private key as PEM, ` +
        "base64 of PEM, a recovery share (SSREC1-…), a JWK, or a path to a file of one of these.",
      { cause: error },
    );
  }
}
