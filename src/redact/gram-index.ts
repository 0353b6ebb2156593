import { type SortedNeedles, sortNeedles } from "./sorted-needles.ts";

/** Finds where any of a set of needles occurs, and how much of the end of a text could still become one. */
export interface GramIndex {
  /** Calls `onMatch` for the longest needle at every position where one occurs; positions are not in order. */
  find(text: Buffer, onMatch: (start: number, end: number) => void): void;
  /** Where the longest tail begins that is a proper prefix of a needle; the length of the text if there is none. */
  findHeldTail(text: Buffer): number;
}

// Odd constants with well-spread bits (Knuth, The Art of Computer Programming 3, 6.4; MurmurHash3's finalizer).
const SPREAD = 0x9e3779b1;
const FOLD = 0x85ebca6b;

// Wider grams are rarer in the text, but leave fewer bytes to skip. They pay off once narrow ones would hit too often.
const MANY_NEEDLES = 300;
const LONG_ENOUGH_FOR_WIDE_GRAMS = 12;

// As powers of two: large enough for few false hits, small enough for the second-level cache.
const FILTER_BITS = { least: 15, most: 23, perGram: 5 };
const BUCKET_BITS = { least: 8, most: 20, perGram: 0 };

/**
 * A sampled q-gram index, which probes only every s-th byte of the text.
 *
 * 1. Let m be the length of the shortest needle, q the length of a gram, and s = m - q + 1. Put every gram that begins in the first s bytes
 *    of a needle into a hash table, with its offset. An occurrence at p then contains exactly one multiple of s among p … p + s - 1, and the
 *    gram at that position is in the table.
 * 2. First pass: probe the text at the multiples of s. The probes do not depend on each other. Hits are collected without a branch, with a
 *    bit set that stays in the cache.
 * 3. Second pass: for each hit, every (gram, offset) tells where a needle could begin, and a binary search among the sorted needles finds
 *    the longest one that does. Shorter ones at that position are parts of it.
 * 4. A tail that could become a match begins with the first gram of a needle, or is shorter than a gram. The same bit set tells where a
 *    binary search is worthwhile.
 */
export function createGramIndex(needles: readonly string[]): GramIndex {
  const sorted = sortNeedles(needles);
  const shortest = sorted.shortest;
  const width = gramWidth(shortest, sorted.count);
  const step = shortest - width + 1; // 1
  const table = createGramTable(sorted, width, step);
  let hits = new Int32Array(0);

  return {
    find: (text, onMatch) => {
      const view = new DataView(text.buffer, text.byteOffset, text.length);
      const probes = Math.ceil(text.length / step);
      if (hits.length < probes) hits = new Int32Array(probes);
      const count = collectHits(view, width, step, table, hits); // 2
      for (let index = 0; index < count; index += 1) {
        const position = hits[index] as number;
        const gram = gramAt(view, position, width);
        for (let entry = table.firstOf(gram); entry >= 0; entry = table.next[entry] as number) {
          const start = position - (table.offsets[entry] as number);
          if (table.grams[entry] !== gram || start < 0) continue;
          const length = sorted.longestAt(text, start); // 3
          if (length > 0) onMatch(start, start + length);
        }
      }
    },
    findHeldTail: (text) => {
      const view = new DataView(text.buffer, text.byteOffset, text.length);
      for (let start = Math.max(0, text.length - sorted.longest + 1); start < text.length; start += 1) {
        const isShort = start + width > text.length;
        if ((isShort || table.filter(gramAt(view, start, width)) === 1) && sorted.continues(text, start)) {
          return start; // 4
        }
      }
      return text.length;
    },
  };
}

function gramWidth(shortest: number, count: number): number {
  if (shortest < 4) return shortest === 1 ? 1 : 2;
  return count > MANY_NEEDLES && shortest >= LONG_ENOUGH_FOR_WIDE_GRAMS ? 6 : 4;
}

/** The bytes of a gram as one number; for six bytes, a hash of all of them. */
function gramAt(view: DataView, position: number, width: number): number {
  if (width === 4) return view.getInt32(position, true);
  if (width === 6) {
    return view.getInt32(position, true) ^ Math.imul(view.getUint16(position + 4, true), FOLD);
  }
  return width === 2 ? view.getUint16(position, true) : view.getUint8(position);
}

function tableBits(grams: number, { least, most, perGram }: typeof FILTER_BITS): number {
  return Math.min(most, Math.max(least, Math.ceil(Math.log2(grams + 1)) + perGram));
}

interface GramTable {
  /** one bit for each hash: 1 if a gram may be in the table */
  readonly bits: Uint8Array;
  readonly bitShift: number;
  filter(gram: number): number;
  firstOf(gram: number): number;
  readonly grams: Int32Array;
  readonly offsets: Int32Array;
  readonly next: Int32Array;
}

function createGramTable(sorted: SortedNeedles, width: number, step: number): GramTable {
  const capacity = sorted.count * step;
  const bitShift = 32 - tableBits(capacity, FILTER_BITS);
  const bucketShift = 32 - tableBits(capacity, BUCKET_BITS);
  const bits = new Uint8Array(2 ** (32 - bitShift - 3));
  const buckets = new Int32Array(2 ** (32 - bucketShift)).fill(-1);
  const grams = new Int32Array(capacity);
  const offsets = new Int32Array(capacity);
  const next = new Int32Array(capacity);
  let count = 0;

  const add = (gram: number, offset: number) => {
    const bucket = Math.imul(gram, SPREAD) >>> bucketShift;
    const first = buckets[bucket] as number;
    // Needles that begin alike share their grams: one entry does for all of them.
    for (let entry = first; entry >= 0; entry = next[entry] as number) {
      if (grams[entry] === gram && offsets[entry] === offset) return;
    }
    grams[count] = gram;
    offsets[count] = offset;
    next[count] = first;
    buckets[bucket] = count;
    count += 1;
    const bit = Math.imul(gram, SPREAD) >>> bitShift;
    bits[bit >>> 3] = (bits[bit >>> 3] as number) | (1 << (bit & 7));
  };
  const view = new DataView(sorted.bytes.buffer, sorted.bytes.byteOffset, sorted.bytes.length);
  for (let needle = 0; needle < sorted.count; needle += 1) {
    const start = sorted.starts[needle] as number;
    for (let offset = 0; offset < step; offset += 1) add(gramAt(view, start + offset, width), offset);
  }
  return {
    bits,
    bitShift,
    filter: (gram) => {
      const bit = Math.imul(gram, SPREAD) >>> bitShift;
      return ((bits[bit >>> 3] as number) >>> (bit & 7)) & 1;
    },
    firstOf: (gram) => buckets[Math.imul(gram, SPREAD) >>> bucketShift] as number,
    grams,
    offsets,
    next,
  };
}

/** Collects the positions of hits, and returns their number. Written out for each width, because nearly all of the time is spent here. */
function collectHits(
  view: DataView,
  width: number,
  step: number,
  { bits, bitShift }: GramTable,
  hits: Int32Array,
): number {
  const last = view.byteLength - width;
  let count = 0;
  if (width === 4) {
    for (let position = 0; position <= last; position += step) {
      const bit = Math.imul(view.getInt32(position, true), SPREAD) >>> bitShift;
      hits[count] = position;
      count += ((bits[bit >>> 3] as number) >>> (bit & 7)) & 1;
    }
  } else if (width === 6) {
    for (let position = 0; position <= last; position += step) {
      const gram = view.getInt32(position, true) ^ Math.imul(view.getUint16(position + 4, true), FOLD);
      const bit = Math.imul(gram, SPREAD) >>> bitShift;
      hits[count] = position;
      count += ((bits[bit >>> 3] as number) >>> (bit & 7)) & 1;
    }
  } else {
    for (let position = 0; position <= last; position += step) {
      const bit = Math.imul(gramAt(view, position, width), SPREAD) >>> bitShift;
      hits[count] = position;
      count += ((bits[bit >>> 3] as number) >>> (bit & 7)) & 1;
    }
  }
  return count;
}
