import { percentEncode } from "../encoded-forms.ts";
import { ansiC, asciiControls, octal } from "../shell-forms.ts";

// A longer text is seldom compared, and each mask costs time in every line of the log; `\\a` is ordinary text.
const TRACED = { least: 4, most: 64 };

type Escape = (text: string) => string;

/** What the runner finds of a registered line, base64 aside (ValueEncoders.cs). */
export function runnerEscapes(text: string): string[] {
  return [
    text,
    text.replaceAll('"', '\\"'),
    text.replaceAll("'", "''"),
    json(text),
    percentEncode(text),
    html("&quot;", "&apos;")(text),
  ];
}

/** Forms of a single line. All are equal to the text if it has no special characters. */
export function quotedForms(text: string): Set<string> {
  const usesAnsiC = /[^ -~]/.test(text);
  const escapes = [...wholeEscapes.slice(usesAnsiC ? 0 : 3), ...lineEscapes, ...wordEscapes];
  return new Set(escapes.map((toForm) => toForm(text)));
}

/** Forms that have no line breaks, so that a multi-line text is printed in one line. */
export const wholeEscapes: readonly Escape[] = [
  // bash's `printf %q`, `declare -p`, `export -p` and `set -x` of text with line breaks, and of any but ASCII in the C locale.
  ansiC,
  (text) => octal(ansiC(text)),
  (text) => octal(ansiC(text), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu), // in other locales, what cannot be shown
  pythonRepr,
  (text) => unicodeEscapes(json(text)), // Python, PHP
  (text) => unicodeEscapes(json(text)).replaceAll("/", "\\/"), // PHP
  (text) => json(text).replaceAll("/", "\\/"),
  (text) => json(json(text)),
  (text) => toLower(percentEncode(text)),
  ...[encodeComponent, encodeAddress, asUserInfo, withPlus, asForm, asPhpForm, withSlash].flatMap(
    (toForm) => [toForm, (text: string) => toLower(toForm(text))],
  ),
];

/** Forms that keep line breaks. */
export const lineEscapes: readonly Escape[] = [
  (text) => text.replaceAll("'", "'\\''"), // `set -x` and `alias` of bash, env files (POSIX.1-2024, 2.2.2)
  (text) => text.replaceAll("'", `'"'"'`), // Python's shlex
  (text) => text.replace(/'+/g, (run) => `'"${run}"'`).replace(/"'$/, '"'), // `export -p` of dash and busybox
  (text) => text.replaceAll("$", "$$$$"), // make, docker compose
  (text) => text.replaceAll('"', '""'), // CSV (RFC 4180 section 2)
  ...["&#39;", "&#039;", "&#x27;"].map((single) => html("&quot;", single)), // Go, JavaScript and jq; PHP; Python
];

/** Forms of bash, which quotes text with line breaks in another way (above). */
const wordEscapes: readonly Escape[] = [
  // `printf %q`: lib/sh/shquote.c, bstab.
  (text) => text.replace(/[\t\n !"$&'()*,;<>?[\\\]^`{|}]|^[#~]|(?<=[:=])~/g, "\\$&"),
  (text) => text.replace(/["$\\`]/g, "\\$&"), // `declare -p`, `export -p`
  (text) => text.replace(/[^A-Za-z0-9_\-.,:+/@]/gu, "\\$&"), // Ruby's Shellwords
  (text) => (isTraced(text) ? text.replace(/./gsu, "\\$&") : text), // `set -x` of `[[ … == "$VALUE" ]]`
];

function isTraced({ length }: string): boolean {
  return length >= TRACED.least && length <= TRACED.most;
}

function json(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function unicodeEscapes(text: string): string {
  return text.replace(/[\x7f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function html(double: string, single: string): Escape {
  const entities: Record<string, string> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': double,
    "'": single,
  };
  return (text) => text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

function encodeComponent(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

function encodeAddress(text: string): string {
  return encodeURI(text.toWellFormed());
}

/** As a URL object holds a user or a password (URL standard, userinfo percent-encode set). */
function asUserInfo(text: string): string {
  return encodeComponent(text).replaceAll(/%(24|25|26|2B|2C)/g, (octet) => decodeURIComponent(octet));
}

function withPlus(text: string): string {
  return percentEncode(text).replaceAll("%20", "+");
}

/** As `URLSearchParams` writes it (URL standard, application/x-www-form-urlencoded percent-encode set). */
function asForm(text: string): string {
  return withPlus(text).replaceAll("%2A", "*").replaceAll("~", "%7E");
}

/** As PHP's `urlencode` writes it. */
function asPhpForm(text: string): string {
  return withPlus(text).replaceAll("~", "%7E");
}

function withSlash(text: string): string {
  return percentEncode(text).replaceAll("%2F", "/");
}

function toLower(percentEncoded: string): string {
  return percentEncoded.replace(/%[0-9A-F]{2}/g, (octet) => octet.toLowerCase());
}

/** Python takes double quotes if that saves it from escaping single ones. */
function pythonRepr(text: string): string {
  const escaped = text
    .replaceAll("\\", "\\\\")
    .replace(
      asciiControls,
      (c) => `\\${pythonNames.get(c) ?? `x${c.charCodeAt(0).toString(16).padStart(2, "0")}`}`,
    );
  return text.includes('"') ? escaped.replaceAll("'", "\\'") : escaped;
}

const pythonNames = new Map([
  ["\n", "n"],
  ["\r", "r"],
  ["\t", "t"],
]);
