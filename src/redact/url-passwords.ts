const STRICT = /^\s*[a-z][a-z0-9+.-]*:\/\/[^/?#\s:@]*:([^/?#\s]+)@/i;
// A password that was never encoded may hold `/`, `?` or `#`; then it goes up to the last `@`.
const LOOSE = /^\s*[a-z][a-z0-9+.-]*:\/\/[^/?#\s:@]*:(\S+)@/i;

/**
 * The password of a URL, as it stands there and percent-decoded (RFC 3986 section 3.2.1). By pattern, because `new URL`
 * rewrites the password and refuses hosts that database drivers take.
 */
export function urlPasswords(text: string): string[] {
  const raw = (STRICT.exec(text) ?? LOOSE.exec(text))?.[1];
  if (raw === undefined) return [];
  try {
    return [raw, decodeURIComponent(raw)];
  } catch {
    return [raw]; // a stray % is a password that was never encoded
  }
}
