// Shorter encodings cannot be told from ordinary text: masking `NQ` would hide half of a log.
const MIN_BASE64 = 6;
const MIN_HEX = 8;

// A longer text is printed as a whole if at all, not inside another one, and each form of it is another copy to write and to match.
const MAX_INSIDE = 64 * 1024;

/** The forms in which jobs print a text and that the runner does not derive: base64url, hex, base64 inside a longer text, and shell quoting. */
export function encodedForms(text: string): string[] {
  const bytes = Buffer.from(text);
  const base64 = [bytes.toString("base64url")];
  const hex = [bytes.toString("hex")];
  if (bytes.length <= MAX_INSIDE) {
    base64.push(...[0, 1, 2].map((alignment) => base64Inside(bytes, alignment)));
    base64.push(...base64.map(toStandardAlphabet));
    hex.push(...hex.map((form) => form.toUpperCase()));
  }
  // How `set -x` and env files in the shell format print a single quote (POSIX.1-2024, 2.2.2).
  const quoted = text.includes("'") && !/[\r\n]/.test(text) ? [text.replaceAll("'", "'\\''")] : [];
  const isTelling = (least: number) => (form: string) => form.length >= least;
  return [...quoted, ...base64.filter(isTelling(MIN_BASE64)), ...hex.filter(isTelling(MIN_HEX))];
}

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
