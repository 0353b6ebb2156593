import { decodeBase64 } from "./encoding.ts";

const PREFIX = "SSREC1-";

export function isRecoveryShare(text: string): boolean {
  return text.startsWith(PREFIX);
}

/**
 * Opens a recovery share: `SSREC1-` followed by base64url of a JSON object with a private key (docs/protocol.md, Cryptography).
 *
 * @returns the private key as PEM text
 * @throws {TypeError|SyntaxError} if it is not a share
 */
export function openRecoveryShare(text: string): string {
  const share = JSON.parse(decodeBase64(text.slice(PREFIX.length)).toString("utf8")) as Record<
    string,
    unknown
  > | null;
  if (share?.v !== 1 || share.type !== "secret-stash-recovery") throw new TypeError("not a recovery share");
  return decodeBase64(share.private_key).toString("utf8");
}
