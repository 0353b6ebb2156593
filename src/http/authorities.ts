import { X509Certificate } from "node:crypto";
import { StashError, systemCode } from "../lib/errors.ts";
import { printable } from "../lib/printable.ts";
import { readNamedFile } from "../lib/safe-file.ts";

/**
 * Reads a file of certificate authorities to trust.
 *
 * @returns PEM
 * @throws {StashError} `CA_FILE_UNREADABLE`
 */
export function readAuthorities(path: string): string {
  try {
    const pem = readNamedFile(path).toString("utf8");
    new X509Certificate(pem); // Node accepts any other text silently, and then trusts nothing in addition.
    return pem;
  } catch (cause) {
    throw new StashError(
      "CA_FILE_UNREADABLE",
      `ca-file ${printable(path)} cannot be used (${systemCode(cause)}). The file is missing, or it holds no certificate in PEM format. ` +
        "Set ca-file to the path of the authority's certificate, relative to the workspace or absolute.",
      { cause },
    );
  }
}
