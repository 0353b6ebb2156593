/**
 * The service's address. A mistake is refused in words; what is returned then is never used.
 *
 * @param refuse called with what was expected
 */
export function parseApiUrl(text: string, refuse: (expected: string) => void): URL {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    refuse("must be an https address, such as https://secretstash.cloud");
  } else if (url.protocol === "http:" && !isLoopback(url.hostname)) {
    refuse("must be https: over http the token could be read on the way (http is accepted on loopback only)");
  } else if (url.username || url.password || url.search || url.hash) {
    refuse("must be the bare address: no user, password, query or fragment");
  } else if (/\/api\/*$/.test(url.pathname)) {
    refuse("must be the address without /api, which is added");
  }
  return url ?? new URL("https://refused.invalid");
}

/** RFC 6761 section 6.3 and RFC 5735: `localhost` and 127.0.0.0/8 never leave the machine; `[::1]` is their IPv6 peer. */
function isLoopback(hostname: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}
