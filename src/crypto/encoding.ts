/**
 * Decodes base64url or ordinary base64, padded or not (docs/protocol.md, Cryptography).
 * `Buffer.from` skips characters it does not know, so anything else is refused first.
 *
 * @throws {TypeError} when the text is not base64 of either alphabet
 */
export function decodeBase64(text: unknown): Buffer {
  if (typeof text !== "string" || !/^[\w+/-]*={0,2}$/.test(text)) throw new TypeError("not base64");
  return Buffer.from(text, "base64");
}

/** base64url without padding (RFC 4648 section 5), the form both official clients write. */
export function encodeBase64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}
