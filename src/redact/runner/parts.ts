import { urlPasswords } from "../value-parts.ts";

// Shorter numbers are ports, counts and years.
const MIN_DIGITS = 6;

// A longer list of numbers is data, and each mask is searched for in every line of the log.
const MAX_NUMBERS = 1000;

/** The numbers of a JSON object or array as they are written, without sign, from six digits up; none if the text is not one. */
export function* jsonNumbers(text: string, minLength: number): Generator<string> {
  if (!/^\s*[[{]/.test(text) || !isJson(text)) return;
  let count = 0;
  // Not by JSON.parse, which rounds numbers. Strings are matched in order to be skipped.
  for (const [token] of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|\d[\d.eE+-]*/g)) {
    const isLong = token.replace(/\D/g, "").length >= Math.max(MIN_DIGITS, minLength);
    if (token.startsWith('"') || !isLong) continue;
    yield token;
    count += 1;
    if (count >= MAX_NUMBERS) return;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

export interface UrlCredentials {
  password: string;
  decoded: string;
  /** as HTTP's Basic authentication takes it (RFC 7617 section 2) */
  pair: string;
}

/** The credentials of a URL, in every reading of its password. */
export function urlCredentials(text: string): UrlCredentials[] {
  const rawUser = /^\s*[a-z][a-z0-9+.-]*:\/\/([^/?#\s:@]*):/i.exec(text)?.[1] ?? "";
  return urlPasswords(text).map((password) => {
    const decoded = decode(password);
    return { password, decoded, pair: `${decode(rawUser)}:${decoded}` };
  });
}

function decode(raw: string): string {
  try {
    return decodeURIComponent(raw);
  } catch {
    return raw; // A stray % means that it was never encoded.
  }
}
