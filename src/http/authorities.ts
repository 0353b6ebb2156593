import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { printable, StashError, systemCode } from "../lib/errors.ts";

/**
 * Certificates of authorities to trust, as PEM.
 *
 * @throws {StashError} `CA_FILE_UNREADABLE`
 */
export function readAuthorities(path: string): string {
  try {
    const pem = readFileSync(path, "utf8");
    new X509Certificate(pem); // Node would take anything else without a word, and trust nothing more
    return pem;
  } catch (cause) {
    throw new StashError(
      "CA_FILE_UNREADABLE",
      `ca-file ${printable(path)} cannot be used (${systemCode(cause)}): it is missing, or holds no certificate as PEM. ` +
        "Give it the path of the authority's certificate, relative to the workspace or absolute.",
      { cause },
    );
  }
}
