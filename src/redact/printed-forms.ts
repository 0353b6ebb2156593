import { base64Inside, percentEncode, toStandardAlphabet } from "./encoded-forms.ts";
import { echoed, shellForms } from "./shell-forms.ts";

// Shorter encodings cannot be told from ordinary text.
const MIN_BASE64 = 6;
const MIN_HEX = 8;
const XXD_COLUMNS = 60; // xxd -p
const RUBY_COLUMNS = 60; // Base64.encode64
const BASE64_END = 48;
const OD_COLUMNS = 16 * 3; // od -tx1

// A longer text is printed as a whole if at all: not quoted, and not inside another one.
const MAX_QUOTED = 64 * 1024;

/** From this many characters, a text has fewer forms, because each is another copy to search for (long-text.ts). */
export function isLongText(text: string): boolean {
  return text.length > 1024;
}

/** The forms other than itself in which jobs print a text: encoded, escaped, and quoted for a shell. */
export function printedForms(text: string): string[] {
  const forms =
    text.length > MAX_QUOTED
      ? base64Forms(text)
      : [...encodings(text), ...escapes(text), ...shellForms(text)];
  return forms.filter((form) => form !== text);
}

// bash quotes every character of a pattern; a longer one nobody compares.
const MAX_TRACED = 256;

/**
 * Forms that are printed more seldom. They are derived of a value as a whole, and not of each line of a certificate, of which there are
 * thousands in a few hundred values.
 *
 * @param text on one line
 */
export function seldomForms(text: string): string[] {
  const bytes = Buffer.from(text);
  const json = JSON.stringify(text).slice(1, -1);
  const ascii = json.replace(/[\u0080-\uffff]/g, unicodeEscape);
  const htmlSafe = json.replace(/[<>&\u2028\u2029]/g, unicodeEscape);
  const slashed = json.replaceAll("/", "\\/");
  const strict = percentEncode(text);
  const decoded = (octets: RegExp) => strict.replace(octets, (octet) => decodeURIComponent(octet));
  const hex = bytes.toString("hex");
  const dumped =
    hex.length > XXD_COLUMNS ? [...cut(hex, XXD_COLUMNS), ...cut(hex.toUpperCase(), XXD_COLUMNS)] : [];
  const octets = (separator: string) => hex.replace(/..(?!$)/g, `$&${separator}`);
  const separated =
    hex.length >= MIN_HEX ? [octets(":"), octets(" "), octets(":").toUpperCase(), octets("-")] : [];
  const base64 = bytes.toString("base64");
  const forms = [
    ...separated,
    ...cut(octets(" "), OD_COLUMNS)
      .map((line) => line.trim())
      .filter(({ length }) => length >= MIN_HEX),
    ...(text.length <= MAX_TRACED ? [text.replace(/./gsu, "\\$&")] : []), // bash's set -x of [[ … == "$VALUE" ]]
    text.replace(/[^A-Za-z0-9_\-.,:+/@]/gu, "\\$&"), // Ruby's Shellwords
    text.replace(/[^A-Za-z0-9_]/gu, "\\$&"), // Perl's quotemeta
    ...(text.includes("\\") ? [echoed(text)] : []), // dash's echo
    ...[htmlSafe, ascii, slashed].map((once) => JSON.stringify(once).slice(1, -1)), // JSON twice
    JSON.stringify(slashed).slice(1, -1).replaceAll("/", "\\/"), // by PHP
    phpHex(ascii),
    json.replace(/[\u007f-\u009f\u2028\u2029\ufeff]/g, unicodeEscape), // our own YAML (format/yaml.ts)
    decoded(/%(24|26|2B|2C|3B|3D)/g), // Go's url.UserPassword
    decoded(/%(24|26|2B|3D|3A|40)/g), // Go's url.PathEscape
    encodeSome(text, /[^!$%&'()*+,\-.\w~]+/g), // user and password in WHATWG's URL
    encodeSome(text, /[^!$%&'()*+,\-.\w~:;=@/|[\]\\]+/g), // its path
    ...dumped.filter(({ length }) => length >= MIN_HEX),
    ...(base64.length > RUBY_COLUMNS ? cut(base64, RUBY_COLUMNS) : []).filter(
      ({ length }) => length >= MIN_BASE64,
    ),
  ];
  return forms.filter((form) => form !== text);
}

function encodeSome(text: string, characters: RegExp): string {
  return text.toWellFormed().replace(characters, percentEncode);
}

/** PHP's json_encode with JSON_HEX_TAG, _AMP, _APOS and _QUOT. */
function phpHex(json: string): string {
  const hex = (character: string) =>
    `\\u${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
  return json.replaceAll("/", "\\/").replace(/\\"|[<>&']/g, (found) => hex(found.at(-1) ?? ""));
}

function encodings(text: string): string[] {
  const hex = Buffer.from(text).toString("hex");
  const isLongHex = hex.length >= MIN_HEX;
  return [...base64Forms(text), ...(isLongHex ? [hex, hex.toUpperCase()] : []), ...percentForms(text)];
}

/** For each alignment, the characters that the text determines by itself, and those up to the end of the encoding of the text, with and without a newline. */
function base64Forms(text: string): string[] {
  const bytes = Buffer.from(text);
  const isLong = isLongText(text);
  // The end of a long text is searched for by itself: where all of it occurs, the two overlap.
  const toEnd = (form: string) => (isLong ? form.slice(-BASE64_END) : form);
  const url = [0, 1, 2].flatMap((alignment) => [
    base64Inside(bytes, alignment),
    ...["", "\n"].map((end) => toEnd(base64ToEnd(Buffer.concat([bytes, Buffer.from(end)]), alignment))),
  ]);
  const standard = url
    .map((form) => form.replace(/=+$/, ""))
    .concat(url)
    .map(toStandardAlphabet);
  const wrapped = ["", "\n"].flatMap((end) => columns(Buffer.from(text + end).toString("base64")));
  return [...url.map((form) => form.replace(/=+$/, "")), ...standard, ...wrapped].filter(
    ({ length }) => length >= MIN_BASE64,
  );
}

/** base64url with padding, without the characters that also carry bits of the bytes before. */
function base64ToEnd(bytes: Buffer, alignment: number): string {
  const encoded = toUrlAlphabet(Buffer.concat([Buffer.alloc(alignment), bytes]).toString("base64"));
  return encoded.slice(Math.ceil((alignment * 8) / 6));
}

function toUrlAlphabet(base64: string): string {
  return base64.replaceAll("+", "-").replaceAll("/", "_");
}

/** The lines of PEM (64 columns, RFC 7468 section 2) and of MIME and base64(1) (76, RFC 2045 section 6.8). */
export function columns(base64: string): string[] {
  return [64, 76].flatMap((width) => (base64.length > width ? cut(base64, width) : []));
}

function cut(text: string, width: number): string[] {
  return text.match(new RegExp(`.{1,${width}}`, "g")) ?? [];
}

function percentForms(text: string): string[] {
  const strict = percentEncode(text);
  const forms = [strict, encodeURIComponent(text.toWellFormed())];
  const plus = forms.map((form) => form.replaceAll("%20", "+"));
  // Forms of HTML escape ~ (URL standard), and keep * if a browser or Node writes them.
  const inForms = plus.map((form) => form.replaceAll("~", "%7E"));
  const all = [...forms, ...forms.map((form) => form.replaceAll("%2F", "/")), ...plus, ...inForms].concat(
    inForms.map((form) => form.replaceAll("%2A", "*")),
  );
  return [...all, ...all.map((form) => form.replace(/%[0-9A-F]{2}/g, (octet) => octet.toLowerCase()))];
}

function escapes(text: string): string[] {
  const json = JSON.stringify(text).slice(1, -1);
  const ascii = json.replace(/[\u0080-\uffff]/g, unicodeEscape);
  const htmlSafe = json.replace(/[<>&\u2028\u2029]/g, unicodeEscape);
  return [
    ...[json, ascii, htmlSafe, ascii.replace(/[<>&']/g, unicodeEscape), json.replaceAll("/", "\\/")],
    JSON.stringify(json).slice(1, -1),
    ...pythonForms(text),
    ...xmlForms(text),
    // The commands of the GitHub runner and other agents.
    text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A"),
  ];
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** Python's `repr`, in single quotes and, for text that contains those, in double quotes. */
function pythonForms(text: string): string[] {
  const escaped = escapeControls(
    text.replaceAll("\\", "\\\\"),
    (code) => `\\x${code.toString(16).padStart(2, "0")}`,
  );
  return [escaped, escaped.replaceAll("'", "\\'")];
}

/** XML 1.0 section 2.4, and what the HTML escapers of Python, PHP and Go write for quotes. */
function xmlForms(text: string): string[] {
  const basic = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const quotes = [
    ["&quot;", "'"],
    ["&quot;", "&apos;"],
    ["&quot;", "&#39;"],
    ["&quot;", "&#039;"],
    ["&quot;", "&#x27;"],
    ["&#34;", "&#39;"],
  ] as const;
  const forms = quotes.map(([double, single]) => basic.replaceAll('"', double).replaceAll("'", single));
  return [basic, ...forms, ...forms.map((form) => form.replaceAll("\n", "&#10;").replaceAll("\r", "&#13;"))];
}

function escapeControls(text: string, escapeCode: (code: number) => string): string {
  return text
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r")
    .replaceAll("\t", "\\t")
    .replace(/\p{Cc}/gu, (character) => escapeCode(character.charCodeAt(0)));
}
