const STRICT = /^\s*[a-z][a-z0-9+.-]*:\/\/[^/?#\s:@]*:([^/?#\s]+)@/i;
// A password that was never encoded may hold `/`, `?` or `#`; then it goes up to the last `@`.
const LOOSE = /^\s*[a-z][a-z0-9+.-]*:\/\/[^/?#\s:@]*:(\S+)@/i;

const USER = /^\s*[a-z][a-z0-9+.-]*:\/\/([^/?#\s:@]+)(?::[^/?#\s]*)?@/i;

/** The user of a URL, as it stands there and percent-decoded. */
export function urlUsers(text: string): string[] {
  return withDecoded(USER.exec(text)?.[1]);
}

/**
 * The password of a URL, as it stands there and percent-decoded (RFC 3986 section 3.2.1). By pattern, because `new URL`
 * rewrites the password and refuses hosts that database drivers take.
 */
export function urlPasswords(text: string): string[] {
  // Both: which one is meant shows only where an unencoded password holds an `@` before a `/`.
  const found = [LOOSE.exec(text)?.[1], STRICT.exec(text)?.[1]];
  return [...new Set(found.flatMap(withDecoded))];
}

function withDecoded(raw: string | undefined): string[] {
  if (raw === undefined) return [];
  try {
    return [raw, decodeURIComponent(raw)];
  } catch {
    return [raw]; // a stray % was never encoded
  }
}
