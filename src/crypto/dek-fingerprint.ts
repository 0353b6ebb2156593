import { createHash } from "node:crypto";

// So that the digest of a DEK is of no use anywhere else, and no other digest can be passed off as one.
const PREFIX = "secret-stash dek v1\0";

/** Identifies a DEK without telling anything about it: lower-case hex SHA-256 of a fixed prefix and the 32 bytes of the DEK. */
export function dekFingerprint(dek: Uint8Array): string {
  return createHash("sha256").update(PREFIX).update(dek).digest("hex");
}
