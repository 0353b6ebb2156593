/**
 * Decodes base64url or ordinary base64, padded or not (docs/protocol.md, Cryptography).
 * `Buffer.from` skips characters that it does not know, so they are refused first.
 *
 * @throws {TypeError} if the text is not base64 in either alphabet
 */
export function decodeBase64(text: unknown): Buffer {
  if (typeof text !== "string" || !/^[\w+/-]*={0,2}$/.test(text)) throw new TypeError("not base64");
  return Buffer.from(text, "base64");
}

/** Encodes as base64url without padding (RFC 4648 section 5), the form that both official clients write. */
export function encodeBase64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}
