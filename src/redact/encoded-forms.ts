/**
 * The base64url characters that these bytes determine by themselves when they begin at this offset (0 to 2) of a group of three (RFC 4648
 * section 4). The characters at the edges also carry bits of the neighbouring bytes.
 */
export function base64Inside(bytes: Buffer, alignment: number): string {
  const encoded = Buffer.concat([Buffer.alloc(alignment), bytes]).toString("base64url");
  const first = Math.ceil((alignment * 8) / 6);
  const last = Math.floor(((alignment + bytes.length) * 8) / 6);
  return encoded.slice(first, last);
}

export function toStandardAlphabet(base64url: string): string {
  return base64url.replaceAll("-", "+").replaceAll("_", "/");
}

/** Strict percent-encoding (RFC 3986 section 2.3), as .NET's `Uri.EscapeDataString` writes it. */
export function percentEncode(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
