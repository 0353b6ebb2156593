import { encodedForms, percentEncode } from "./encoded-forms.ts";
import { jsonLeaves } from "./json-leaves.ts";
import { urlPasswords } from "./url-credentials.ts";

// Below this, a line (`}`, `],`) or a JSON leaf is not a secret, but masking it would black out the log.
const MIN_PART = 4;

/**
 * The strings to register with the GitHub runner so that none of the values shows in the log, each once for a value: one after another,
 * because together they take ten times the values' memory.
 *
 * What the runner does with a string (src/Runner.Worker/ActionCommandManager.cs, src/Sdk/DTLogging/Logging/ValueEncoders.cs):
 * it registers the whole and every trimmed line of it, whatever its length, and of each of these base64 at three alignments, the
 * JSON, XML, percent, `\"` and expression escapes. So, for every value:
 *
 * 1. a single-line value goes as it is;
 * 2. a multi-line value must not go whole, or every `{` in the log would be masked: its lines of 4 characters or more go, and the whole
 *    in forms that have no line breaks;
 * 3. what the runner does not derive goes beside it: the value without its trailing newline, base64url, hex, and base64 cut to what the
 *    value alone determines (`echo $VALUE | base64` ends in other characters than base64 of the value);
 * 4. so do the parts that jobs print by themselves: string leaves of JSON, passwords of URLs. Of those that have lines, the long ones.
 *
 * @param minLeaf characters from which on a JSON leaf counts
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
    // The runner warns about white space and cannot mask it.
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
