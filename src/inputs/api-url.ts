/**
 * Parses the address of the service.
 *
 * @param refuse called with what is wrong; the address that is returned then is never used
 */
export function parseApiUrl(text: string, refuse: (why: string) => void): URL {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    refuse("must be an https address, such as https://secretstash.cloud");
  } else if (url.protocol === "http:" && !isLoopback(url.hostname)) {
    refuse(
      "must be https, because over http others could read the token (http is accepted on loopback only)",
    );
  } else if (url.username || url.password || url.search || url.hash) {
    refuse("must be the bare address, without user, password, query or fragment");
  } else if (/\/api\/*$/.test(url.pathname)) {
    refuse("must be the address without /api, which is added automatically");
  }
  return url ?? new URL("https://refused.invalid");
}

/** `localhost` and 127.0.0.0/8 never leave the machine (RFC 6761 section 6.3, RFC 5735); `[::1]` is their IPv6 counterpart. */
function isLoopback(hostname: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}
