import { publicLinesOf } from "./public-parts.ts";
import { base64Masks, hexMasks, MIN_HEX_BYTES } from "./runner/encodings.ts";
import { lineEscapes, quotedForms, runnerEscapes, wholeEscapes } from "./runner/escapes.ts";
import { jsonNumbers, urlCredentials } from "./runner/parts.ts";
import { jsonLeaves } from "./value-parts.ts";

// A line (`}`, `],`) or a JSON leaf below this length is not secret, and masking it would black out the log.
const MIN_PART = 4;

// A longer text is printed as a whole if at all: not quoted, and each form of it is another copy to write and to match.
const MAX_QUOTED = 64 * 1024;

// No escape changes letters and digits.
const PLAIN = /^[\w.-]*$/;

/**
 * The strings to register with the GitHub runner so that none of the values shows in the log. They come one after another, because
 * together they take ten times the memory of the values. Each is yielded once for a value.
 *
 * The runner registers the whole string and every trimmed line of it, whatever its length, and of each of these base64 at three alignments
 * and the JSON, XML, percent, `\"` and expression escapes (src/Runner.Worker/ActionCommandManager.cs,
 * src/Sdk/DTLogging/Logging/ValueEncoders.cs). So each string costs at least four, whatever it is, and the aim is to register few:
 *
 * 1. Take the value without surrounding white space. What is left visible of a form of the value itself is encoded white space.
 * 2. Register it. The runner takes the lines of a multi-line text from that one string. Only if one of them is too short to be masked,
 *    or public, are the others registered one by one.
 * 3. Register what jobs print of the bytes: base64 and hex (runner/encodings.ts).
 * 4. Register the escaped and quoted forms that the runner does not derive (runner/escapes.ts). Text without special characters has none. The
 *    forms of a multi-line text consist of those of its lines, so leave out all in which every line is hidden already.
 * 5. Register the parts that jobs print separately: leaves of JSON, and the credentials of URLs. A decoded password is used like a value
 *    (Basic authentication), so it gets the forms of steps 2 to 4.
 * 6. Of a text over 64 KiB, register only itself, its base64 and its hex.
 *
 * @param options `minLeaf`: the length from which a JSON leaf counts as secret; `isHeldByJob`: whether later steps hold the value, so that
 *   they could print it in any form. Otherwise steps 3 and 4 come down to base64 in one piece
 */
export function* runnerMasks(
  values: Iterable<string>,
  { minLeaf = MIN_PART, isHeldByJob = true } = {},
): Generator<string> {
  for (const value of values) {
    const masks = new Set<string>();
    const text = value.trim();
    for (const mask of isHeldByJob ? masksOf(value, text, minLeaf) : fewMasksOf(text, minLeaf)) {
      // The runner cannot mask white space, and would warn about it.
      if (mask.trim() === "" || masks.has(mask)) continue;
      masks.add(mask);
      yield mask;
    }
  }
}

function* fewMasksOf(text: string, minLeaf: number): Generator<string> {
  yield* plainMasks(text);
  yield* base64Masks(text, { isWrapped: false });
  for (const leaf of jsonLeaves(text, minLeaf)) yield* plainMasks(leaf.trim());
}

function* masksOf(value: string, text: string, minLeaf: number): Generator<string> {
  yield* formsOf(text);
  if (text !== value) yield* asTheRunnerEncodes(value);
  if (Buffer.byteLength(text) < MIN_HEX_BYTES) yield* hexMasks(value); // 1: `[\n]\n` is long enough only with its white space.
  const leaves = jsonLeaves(text, minLeaf);
  for (const leaf of leaves) yield* plainMasks(leaf.trim()); // 5
  yield* jsonNumbers(text, minLeaf);
  for (const url of [text, ...leaves]) {
    for (const { password, decoded, pair } of urlCredentials(url)) {
      yield password;
      yield* formsOf(decoded);
      yield pair;
      yield* base64Masks(pair, { alignments: [0] }); // What follows the password in Basic authentication is at most a newline.
    }
  }
}

/** What the runner would derive from the value with its white space, most often a final line break, if it were told that. */
function asTheRunnerEncodes(value: string): string[] {
  const bytes = Buffer.from(value);
  return [0, 1, 2].map((skipped) => bytes.subarray(skipped).toString("base64").replace(/=+$/, ""));
}

function* formsOf(text: string): Generator<string> {
  const plain = plainMasks(text);
  yield* plain; // 2
  yield* base64Masks(text, { isRegistered: plain.includes(text) }); // 3
  if (text.length > MAX_QUOTED) return yield Buffer.from(text).toString("hex"); // 6
  yield* hexMasks(text);
  yield* escapedMasks(text); // 4
}

/** The text itself, or what of it can be masked. */
function plainMasks(text: string): string[] {
  if (!isMultiLine(text)) return [text];
  const long = longLines(text);
  // Without a long line, the short ones are all there is.
  return long.length === 0 || long.length === linesOf(text).length ? [text] : long;
}

function* escapedMasks(text: string): Generator<string> {
  if (!isMultiLine(text)) {
    const hidden = new Set(runnerEscapes(text));
    for (const form of quotedForms(text)) if (!hidden.has(form)) yield form;
    return;
  }
  const special = longLines(text).filter((line) => !PLAIN.test(line));
  const lines = special.map((line) => ({ line, hidden: new Set(runnerEscapes(line)) }));
  for (const toForm of wholeEscapes) {
    if (lines.some(({ line, hidden }) => !hidden.has(toForm(line)))) yield toForm(text);
  }
  for (const { line, hidden } of lines) {
    for (const toForm of lineEscapes) if (!hidden.has(toForm(line))) yield toForm(line);
  }
}

function isMultiLine(text: string): boolean {
  return /[\r\n]/.test(text);
}

function linesOf(text: string): string[] {
  const lines = text.split(/[\r\n]+/).map((line) => line.trim());
  return lines.filter((line) => line !== "");
}

/** The lines that are masked: not those that are too short, nor public ones. */
function longLines(text: string): string[] {
  const isPublic = publicLinesOf(text);
  return linesOf(text).filter((line) => line.length >= MIN_PART && !isPublic(line));
}
