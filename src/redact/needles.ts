import { jsonLeaves } from "./json-leaves.ts";
import { printedForms } from "./printed-forms.ts";
import { urlPasswords, urlUsers } from "./url-credentials.ts";

/** Bytes from which on something counts as a secret by itself. */
export interface NeedleLimits {
  /** a value */
  value: number;
  /** a line of a value, or a string leaf of JSON */
  part: number;
}

// Below eight bytes a line (`}`, `host: x`) or a leaf is ordinary text, and masking it would black out the log.
const DEFAULT_LIMITS: NeedleLimits = { value: 1, part: 8 };

// A longer text is looked for in pieces: half of it is a secret too, and no more than a piece is ever held back.
const MAX_NEEDLE = 4096;
const PIECE = 1024;

/**
 * The strings to look for so that none of the values shows, in any form that jobs really print (docs/masking.md).
 *
 * 1. Of a value: the value without white space around it, its lines joined in the ways that programs print them, each of its lines,
 *    string leaves when it is JSON, and user and password when it is a URL.
 * 2. Of each of these: every encoding and quoting of `printedForms`.
 * 3. What is empty, or `*` alone, would mask masks. Of a long text, its pieces are looked for.
 */
export function deriveNeedles(values: Iterable<string>, limits: Partial<NeedleLimits> = {}): Set<string> {
  const { value: least, part: leastPart } = { ...DEFAULT_LIMITS, ...limits };
  const needles = new Set<string>();
  for (const value of values) {
    if (Buffer.byteLength(value.trim()) < least) continue;
    // 1
    for (const part of partsOf(value, leastPart)) {
      // 2, 3
      for (const needle of exactNeedles([part, ...printedForms(part)])) needles.add(needle);
    }
  }
  return needles;
}

/** Of values that are looked for as they are, and in no other form. */
export function exactNeedles(values: Iterable<string>): Set<string> {
  return new Set([...values].flatMap(piecesOf).filter((needle) => !/^\**$/.test(needle)));
}

function partsOf(value: string, leastPart: number): Set<string> {
  const isLong = (text: string) => Buffer.byteLength(text) >= leastPart;
  const leaves = jsonLeaves(value, 1).filter(isLong);
  const texts = [value, ...leaves];
  return new Set([
    ...texts.flatMap((text) => [...wholesOf(text), ...linesOf(text).filter(isLong)]),
    ...texts.flatMap((text) => [...urlPasswords(text), ...urlUsers(text).filter(isLong)]),
  ]);
}

/** The text without white space around it, without quotes around that, and its lines with the ends that terminals, HTTP and `echo $VALUE` give them. */
function wholesOf(text: string): string[] {
  const trimmed = text.trim();
  if (trimmed === "") return [];
  const unquoted = /^"(.{7,})"$/s.exec(trimmed)?.[1];
  const lines = linesOf(trimmed);
  return [
    trimmed,
    ...(unquoted === undefined ? [] : [unquoted]),
    ...(lines.length > 1 ? ["\n", "\r\n", " "].map((end) => lines.join(end)) : []),
  ];
}

function linesOf(text: string): string[] {
  const lines = text.split(/\r\n|\n|\r/).map((line) => line.trim());
  return lines.length > 1 ? lines : [];
}

/** Pieces that cover all of a long text: where all of it stands, they touch and become one mask. */
function piecesOf(text: string): string[] {
  if (text.length <= MAX_NEEDLE) return [text];
  const pieces: string[] = [];
  for (let start = 0; start < text.length; start += PIECE) {
    const from = Math.min(start, text.length - PIECE);
    pieces.push(text.slice(characterStart(text, from), characterStart(text, from + PIECE + 1)));
  }
  return pieces;
}

/** Half of a surrogate pair would become U+FFFD in UTF-8, and the piece would match nothing (Unicode 17, 3.8 and 3.9). */
function characterStart(text: string, index: number): number {
  const isLowSurrogate = /[\udc00-\udfff]/.test(text[index] ?? "");
  return isLowSurrogate ? index - 1 : index;
}
