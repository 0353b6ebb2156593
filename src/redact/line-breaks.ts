// Programs break base64 and hex into lines of 60 columns (`xxd -p`, Ruby), 64 (OpenSSL, PEM) and 76 (base64(1), MIME). A value inside a longer
// text that is encoded like that can be broken at any of its characters, so no list of strings to search for is complete. Instead, the breaks
// are taken out, and the search goes on in what is left.
//
// What could go on in the next line is held back, and so is the end of the line. So only what looks like wrapped text counts: neither paths nor
// rulers nor digests.

const WIDTHS = new Set([60, 64, 76]);
const HEX_WIDTH = 60;
const NARROWEST = 60;
const WIDEST = 76;
const MOST_INDENTED = 64;
const SAMPLE = 16;
const STRIDE = NARROWEST - SAMPLE + 1;

const LF = 0x0a;
const CR = 0x0d;
const BLANK = new Set([0x20, 0x09]);

/** 1 for every byte that is a character of base64, base64url or hex. */
const ENCODED = Uint8Array.from({ length: 256 }, (_, byte) =>
  /[A-Za-z0-9+/_-]/.test(String.fromCharCode(byte)) ? 1 : 0,
);

/** A line break, with the blanks that indent the next line. */
interface Break {
  from: number;
  to: number;
}

/** Whether a line of these characters is one of wrapped base64 or hex. A digest in hex has 64 or 128 digits, so a line break after one does not count. */
function isWrapped(line: string): boolean {
  if (!WIDTHS.has(line.length) || !/\d/.test(line)) return false;
  if (/^[0-9a-f]+$|^[0-9A-F]+$/.test(line)) return line.length === HEX_WIDTH;
  return /[a-z]/.test(line) && /[A-Z]/.test(line);
}

/** Text without the line breaks in encoded runs, and the way back. */
export interface Unbroken {
  text: Buffer;
  /** Where a part of `text` was before: one piece for each line that it was on. */
  pieces(start: number, end: number): { start: number; end: number }[];
}

/**
 * Takes the line breaks out that follow a line of base64 or hex.
 *
 * 1. Look at 16 bytes in every 45: every run of 60 contains such a sample, and most text has a blank in it. From there, find both ends of the
 *    run.
 * 2. A run as wide as programs write it, with a line break behind it, is a line of wrapped text.
 * 3. Copy what is between the breaks, and remember where each piece was.
 *
 * @param before the characters of base64 or hex that come directly before the text (`trailingRun`)
 * @returns undefined if there is no such break, as in nearly all text
 */
export function removeLineBreaks(text: Buffer, before: string): Unbroken | undefined {
  const breaks = findBreaks(text, before);
  if (breaks.length === 0) return undefined;
  // 3
  const starts = [0, ...breaks.map(({ to }) => to)];
  const ends = [...breaks.map(({ from }) => from), text.length];
  const parts = starts.map((start, index) => text.subarray(start, ends[index]));
  const offsets: number[] = [];
  let offset = 0;
  for (const { length } of parts) {
    offsets.push(offset);
    offset += length;
  }
  const lineOf = (position: number) => {
    let low = 0;
    let high = offsets.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((offsets[middle] as number) <= position) low = middle;
      else high = middle - 1;
    }
    return low;
  };
  return {
    text: Buffer.concat(parts),
    pieces: (start, end) => {
      const pieces = [];
      for (let line = lineOf(start); line < offsets.length && (offsets[line] as number) < end; line += 1) {
        const shift = (starts[line] as number) - (offsets[line] as number);
        const from = Math.max(start, offsets[line] as number);
        const to = Math.min(end, offsets[line + 1] ?? end);
        if (to > from) pieces.push({ start: from + shift, end: to + shift });
      }
      return pieces;
    },
  };
}

function findBreaks(text: Buffer, before: string): Break[] {
  const breaks: Break[] = [];
  let seen = 0; // the end of the last run
  for (const sample of before !== "" ? [0, ...findSamples(text)] : findSamples(text)) {
    if (sample < seen) continue;
    // 1
    let start = sample;
    while (start > 0 && sample - start <= WIDEST && ENCODED[text[start - 1] as number] === 1) start -= 1;
    let end = sample;
    while (end < text.length && ENCODED[text[end] as number] === 1) end += 1;
    // 2
    if (
      end - start <= WIDEST &&
      isWrapped((start === 0 ? before : "") + text.toString("latin1", start, end))
    ) {
      const next = afterBreak(text, end);
      if (next > end) breaks.push({ from: end, to: next });
    }
    seen = end;
  }
  return breaks;
}

let hits = new Int32Array(0); // Reused, because allocating memory for every chunk would take longer than the search.

/** Where 16 bytes without a low one begin. Hits are collected without a branch, as gram-index.ts does, because half of all words have one. */
function findSamples(text: Buffer): Int32Array {
  const view = new DataView(text.buffer, text.byteOffset, text.length);
  if (hits.length <= text.length / STRIDE) hits = new Int32Array(Math.ceil(text.length / STRIDE) + 1);
  const last = text.length - SAMPLE;
  let count = 0;
  for (let at = 0; at <= last; at += STRIDE) {
    const low =
      lowBytes(view.getInt32(at, true)) |
      lowBytes(view.getInt32(at + 4, true)) |
      lowBytes(view.getInt32(at + 8, true)) |
      lowBytes(view.getInt32(at + 12, true));
    hits[count] = at;
    count += ((low | -low) >>> 31) ^ 1;
  }
  return hits.subarray(0, count);
}

/** Not 0 if one of four bytes is below `+`, as blanks, line breaks and quotes are (Hacker's Delight, 6-1). */
function lowBytes(word: number): number {
  return (word - 0x2b2b2b2b) & ~word & 0x80808080;
}

/** Where the next line begins, after its indentation; `at` if no line ends there. */
function afterBreak(text: Buffer, at: number): number {
  let end = text[at] === CR ? at + 1 : at;
  if (end === text.length) return end; // The line feed may come with the next chunk.
  if (text[end] !== LF) return at;
  end += 1;
  const most = end + MOST_INDENTED;
  while (BLANK.has(text[end] as number)) end += 1;
  return end > most ? at : end;
}

/** The characters of base64 or hex that the text ends with, as far as they matter. */
export function trailingRun(text: Buffer, before: string): string {
  let start = text.length;
  while (start > 0 && text.length - start <= WIDEST && ENCODED[text[start - 1] as number] === 1) start -= 1;
  const run = text.toString("latin1", start);
  return (start === 0 ? before + run : run).slice(-WIDEST - 1);
}
