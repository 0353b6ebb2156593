// Shorter encodings say too little to be told from ordinary text: masking `NQ` would hide half a log.
const MIN_BASE64 = 6;
const MIN_HEX = 8;

/** The encodings of a text that jobs print and the runner does not derive: base64 and base64url inside a longer text, hex. */
export function encodedForms(text: string): string[] {
  const bytes = Buffer.from(text);
  const base64 = [
    bytes.toString("base64url"),
    ...[0, 1, 2].map((alignment) => base64Inside(bytes, alignment)),
  ];
  const forms = base64
    .flatMap((form) => [toStandardAlphabet(form), form])
    .filter(({ length }) => length >= MIN_BASE64);
  const hex = bytes.toString("hex");
  return [...new Set(forms), ...(hex.length >= MIN_HEX ? [hex, hex.toUpperCase()] : [])];
}

/**
 * The base64url characters that these bytes alone determine when they begin at this offset (0 to 2) of a group of three
 * (RFC 4648 section 4): the characters at the borders also carry bits of the bytes beside.
 */
function base64Inside(bytes: Buffer, alignment: number): string {
  const encoded = Buffer.concat([Buffer.alloc(alignment), bytes]).toString("base64url");
  const first = Math.ceil((alignment * 8) / 6);
  const last = Math.floor(((alignment + bytes.length) * 8) / 6);
  return encoded.slice(first, last);
}

function toStandardAlphabet(base64url: string): string {
  return base64url.replaceAll("-", "+").replaceAll("_", "/");
}

/** Strict percent-encoding (RFC 3986 section 2.3), as .NET's `Uri.EscapeDataString` writes it. */
export function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
