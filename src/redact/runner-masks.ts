import { encodedForms, percentEncode } from "./encoded-forms.ts";
import { jsonLeaves } from "./json-leaves.ts";
import { urlPasswords } from "./url-credentials.ts";

// A line (`}`, `],`) or a JSON leaf below this length is not secret, and masking it would black out the log.
const MIN_PART = 4;

/**
 * The strings to register with the GitHub runner so that none of the values shows in the log. They come one after another, because
 * together they take ten times the memory of the values. Each is yielded once for a value.
 *
 * The runner registers the whole string and every trimmed line of it, whatever its length, and of each of these base64 at three alignments
 * and the JSON, XML, percent, `\"` and expression escapes (src/Runner.Worker/ActionCommandManager.cs,
 * src/Sdk/DTLogging/Logging/ValueEncoders.cs). So, for every value:
 *
 * 1. Register a single-line value as it is.
 * 2. Do not register a multi-line value as a whole, or every `{` in the log would be masked. Register its lines of 4 characters or more,
 *    and the whole in forms that have no line breaks.
 * 3. Add the forms that the runner does not derive: the value without its trailing newline, base64url, hex, and base64 cut to what the value
 *    determines by itself (`echo $VALUE | base64` ends in other characters than base64 of the value).
 * 4. Add the parts that jobs print separately: string leaves of JSON and passwords of URLs; of multi-line parts, the long lines.
 *
 * @param minLeaf the length from which a JSON leaf counts as secret
 */
export function* runnerMasks(values: Iterable<string>, { minLeaf = MIN_PART } = {}): Generator<string> {
  for (const value of values) {
    const masks = new Set<string>();
    const withoutNewline = value.replace(/\r?\n$/, "");
    const forms = [
      ...(isMultiLine(value) ? multiLineForms(value, withoutNewline) : [value]), // 1, 2
      ...[...new Set([value, withoutNewline])].flatMap(encodedForms), // 3
      ...partsOf(value, minLeaf).flatMap((part) => (isMultiLine(part) ? longLines(part) : [part])), // 4
    ];
    // The runner cannot mask white space, and would warn about it.
    for (const form of forms) if (form.trim() !== "") masks.add(form);
    yield* masks;
  }
}

function isMultiLine(text: string): boolean {
  return /[\r\n]/.test(text);
}

function multiLineForms(value: string, withoutNewline: string): string[] {
  const lines = longLines(value);
  if (lines.length === 0) return [value, withoutNewline];
  const base64 = [0, 1, 2].map((skipped) => Buffer.from(value).subarray(skipped).toString("base64"));
  const escaped = [value, withoutNewline].flatMap((text) => [
    JSON.stringify(text).slice(1, -1),
    percentEncode(text),
    escapeXml(text),
  ]);
  return [...lines, ...base64, ...escaped];
}

function longLines(text: string): string[] {
  const lines = text.split(/[\r\n]+/).map((line) => line.trim());
  return lines.filter((line) => line.length >= MIN_PART);
}

function partsOf(value: string, minLeaf: number): string[] {
  const leaves = jsonLeaves(value, minLeaf);
  return [...leaves, ...[value, ...leaves].flatMap(urlPasswords)];
}

/** XML 1.0 section 2.4, with line breaks as the character references that attribute values need (section 3.3.3). */
function escapeXml(text: string): string {
  const entities: Record<string, string> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&apos;",
    "\n": "&#10;",
    "\r": "&#13;",
  };
  return text.replace(/[&<>"'\r\n]/g, (character) => entities[character] ?? character);
}
