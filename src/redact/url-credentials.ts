const STRICT = /^\s*[a-z][a-z0-9+.-]*:\/\/[^/?#\s:@]*:([^/?#\s]+)@/i;
// A password that was never encoded may contain `/`, `?` or `#`. It then extends to the last `@`.
const LOOSE = /^\s*[a-z][a-z0-9+.-]*:\/\/[^/?#\s:@]*:(\S+)@/i;

const USER = /^\s*[a-z][a-z0-9+.-]*:\/\/([^/?#\s:@]+)(?::[^/?#\s]*)?@/i;

/** The user of a URL, as written and percent-decoded. */
export function urlUsers(text: string): string[] {
  return withDecoded(USER.exec(text)?.[1]);
}

/**
 * The password of a URL, as written and percent-decoded (RFC 3986 section 3.2.1). It is found by a pattern, because `new URL` rewrites the
 * password and refuses hosts that database drivers accept.
 */
export function urlPasswords(text: string): string[] {
  // Both readings, because they differ only if an unencoded password contains an `@` before a `/`.
  const found = [LOOSE.exec(text)?.[1], STRICT.exec(text)?.[1]];
  return [...new Set(found.flatMap(withDecoded))];
}

function withDecoded(raw: string | undefined): string[] {
  if (raw === undefined) return [];
  try {
    return [raw, decodeURIComponent(raw)];
  } catch {
    return [raw]; // A stray % means that it was never encoded.
  }
}
