import type { Secret } from "../lib/secret.ts";
import { blockForms, isBlock, lineForms } from "./long-text.ts";
import { isLongText, printedForms, seldomForms } from "./printed-forms.ts";
import { publicLinesOf } from "./public-parts.ts";
import { jsonLeaves, urlPasswords, urlUsers } from "./value-parts.ts";

/** The sizes, in bytes, from which text counts as secret. */
export interface NeedleLimits {
  /** a value */
  value: number;
  /** a line of a value, or a string leaf of JSON */
  part: number;
}

// A line (`}`, `host: x`) or a leaf below eight bytes is ordinary text, and masking it would black out the log.
const DEFAULT_LIMITS: NeedleLimits = { value: 1, part: 8 };

// A longer text is searched for in pieces: half of it is secret, too, and never more than a piece is held back.
const MAX_NEEDLE = 4096;
const PIECE = 1024;
const MIN_BYTES = 16;

/**
 * The strings to search for so that none of the values shows, in any form in which jobs print them (docs/masking.md).
 *
 * 1. Of a value, take the value without surrounding white space, its lines joined as programs print them, each of its lines, its string
 *    leaves if it is JSON, and its user and password if it is a URL. Of a long text with many lines, take fewer forms (long-text.ts).
 * 2. Of each of these, take every encoding and quoting of `printedForms`; of a value on one line, those of `seldomForms` as well.
 * 3. Leave out empty strings and those of `*` only, which would mask masks. Cut long ones into pieces.
 */
export function deriveNeedles(values: Iterable<string>, limits: Partial<NeedleLimits> = {}): Set<string> {
  const needles = new Set<string>();
  addNeedles(needles, values, limits);
  return needles;
}

function addNeedles(
  needles: Set<string | Buffer>,
  values: Iterable<string>,
  limits: Partial<NeedleLimits>,
): void {
  const { value: least, part: leastPart } = { ...DEFAULT_LIMITS, ...limits };
  for (const value of values) {
    if (Buffer.byteLength(value.trim()) < least) continue;
    // 2, of the value itself
    const whole = value.trim();
    const isShort = whole.length <= MAX_NEEDLE && !/[\r\n]/.test(whole);
    if (isShort) for (const needle of exactNeedles(seldomForms(whole))) needles.add(needle);
    // 1, 2
    for (const form of formsOf(value, leastPart)) {
      // 3
      for (const needle of piecesOf(form)) if (!/^\**$/.test(needle)) needles.add(needle);
    }
  }
}

/** What to search for so that none of the secrets shows in the forms that it can have. Limits as for `deriveNeedles`. */
export function needlesOf(
  secrets: Iterable<Secret>,
  limits: Partial<NeedleLimits> = {},
): Set<string | Buffer> {
  const needles = new Set<string | Buffer>();
  const leastPart = limits.part ?? DEFAULT_LIMITS.part;
  for (const { value, form } of secrets) {
    if (form === undefined) addNeedles(needles, [value], limits);
    else if (form === "exact") {
      const lines = value.split("\n").filter((line) => line.length >= leastPart);
      for (const needle of exactNeedles(lines)) needles.add(needle);
    } else for (const piece of bytePieces(Buffer.from(value, "latin1"))) needles.add(piece);
  }
  return needles;
}

/** Pieces of bytes that together cover them, as `piecesOf` does for text; none of a few bytes, which are in other files by chance. */
function bytePieces(bytes: Buffer): Buffer[] {
  if (bytes.length < MIN_BYTES) return [];
  if (bytes.length <= MAX_NEEDLE) return [bytes];
  const starts = Array.from({ length: Math.ceil(bytes.length / PIECE) }, (_, index) =>
    Math.min(index * PIECE, bytes.length - PIECE),
  );
  return starts.map((start) => bytes.subarray(start, start + PIECE));
}

/** The strings to search for if values are to be masked as they are, and in no other form. */
export function exactNeedles(values: Iterable<string>): Set<string> {
  return new Set([...values].flatMap(piecesOf).filter((needle) => !/^\**$/.test(needle)));
}

/** The parts of a value and the forms of each. */
function* formsOf(value: string, leastPart: number): Generator<string> {
  const isLong = (text: string) => Buffer.byteLength(text) >= leastPart;
  const parts = new Set<string>();
  const texts = [value, ...jsonLeaves(value, 1).filter(isLong)];
  for (const text of texts.flatMap(wholesOf)) {
    const isPublic = publicLinesOf(text);
    const lines = linesOf(text);
    const secretLines = lines.filter((line) => isLong(line) && !isPublic(line));
    const block = lines.filter((line) => !isPublic(line));
    if (isLongText(text) && isBlock(block, leastPart)) {
      yield* joined(lines);
      yield* blockForms(text, block, leastPart);
      for (const line of secretLines) {
        yield line;
        yield* lineForms(line);
      }
    } else for (const part of [text, ...joined(lines), ...secretLines]) parts.add(part);
    for (const part of [...urlPasswords(text), ...urlUsers(text).filter(isLong)]) parts.add(part);
  }
  for (const part of parts) {
    yield part;
    yield* printedForms(part);
  }
}

/** A text without white space around it, and what is in its quotes. */
function wholesOf(text: string): string[] {
  const trimmed = text.trim();
  if (trimmed === "") return [];
  const unquoted = /^"(.{7,})"$/s.exec(trimmed)?.[1];
  return unquoted === undefined ? [trimmed] : [trimmed, unquoted];
}

/** Lines as terminals, HTTP and `echo $VALUE` join them. */
function joined(lines: readonly string[]): string[] {
  return lines.length > 1 ? ["\n", "\r\n", " "].map((end) => lines.join(end)) : [];
}

function linesOf(text: string): string[] {
  const lines = text.split(/\r\n|\n|\r/).map((line) => line.trim());
  return lines.length > 1 ? lines : [];
}

/** Pieces that together cover a long text. Where all of it occurs, they touch and become one mask. */
function piecesOf(text: string): string[] {
  if (text.length <= MAX_NEEDLE) return [text];
  const pieces: string[] = [];
  for (let start = 0; start < text.length; start += PIECE) {
    const from = Math.min(start, text.length - PIECE);
    pieces.push(text.slice(characterStart(text, from), characterStart(text, from + PIECE + 1)));
  }
  return pieces;
}

/** Avoids cutting a surrogate pair: half of it would become U+FFFD in UTF-8, and the piece would match nothing (Unicode 17, 3.8 and 3.9). */
function characterStart(text: string, index: number): number {
  const isLowSurrogate = /[\udc00-\udfff]/.test(text[index] ?? "");
  return isLowSurrogate ? index - 1 : index;
}
