import { isLoopback } from "../lib/loopback.ts";

/**
 * Parses an address that must be https, or http on loopback.
 *
 * @param refuse called with what is wrong, which does not quote the address; what is returned then is never used
 */
export function parseHttpsAddress(text: string, refuse: (why: string) => void): URL {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) refuse("must be an https address");
  else if (url.protocol === "http:" && !isLoopback(url.hostname)) {
    refuse("must be https, because over http others could read it (http is accepted on loopback only)");
  }
  return url ?? new URL("https://refused.invalid");
}

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
