import { closeSync, constants, openSync, readSync } from "node:fs";
import type { Matcher } from "../redact/matcher.ts";

/** What to look for. */
export interface Search {
  matcher: Matcher;
  /** bytes of the longest needle: this much of a chunk is searched again with the next one */
  longest: number;
}

/** A needle in a file, or in its name (line and column 0). */
export interface Hit {
  path: string;
  line: number;
  /** in bytes, from 1 */
  column: number;
  /** the bytes that were found */
  found: Buffer;
}

export interface Scan {
  hits: Hit[];
  filesRead: number;
  /** folders and files that could not be read or were not reached in time */
  skipped: string[];
}

const CHUNK = 1024 * 1024;
const HITS_A_FILE = 10;

export interface BufferedSearch extends Search {
  buffer: Buffer;
}

export function withBuffer(search: Search): BufferedSearch {
  return { ...search, buffer: Buffer.allocUnsafeSlow(CHUNK + search.longest) };
}

/** The path as the system takes it. */
export function raw(path: string): Buffer {
  return Buffer.from(path, "latin1");
}

/**
 * Searches one file.
 *
 * @param size how long it is known to be; another read would only tell that it is over
 * @throws the system's error if it cannot be read
 */
export function scanFile(
  path: string,
  size: number,
  search: BufferedSearch,
  endsAt: number,
  scan: Scan,
): void {
  const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants; // Windows has only the first.
  const descriptor = openSync(raw(path), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    readThrough(descriptor, { path, size }, search, endsAt, scan);
    scan.filesRead += 1;
  } finally {
    closeSync(descriptor);
  }
}

/** Searches one chunk after another, each together with the end of the one before, in which a needle may have begun. */
function readThrough(
  descriptor: number,
  { path, size }: { path: string; size: number },
  { matcher, buffer, longest }: BufferedSearch,
  endsAt: number,
  scan: Scan,
): void {
  let kept = 0; // bytes of the previous chunk
  let line = 1; // at the beginning of the buffer
  let lineStart = 0; // where that line begins in the buffer; negative if it began before it
  let reportedUpTo = 0; // hits before this were found in the previous chunk
  let total = 0;
  for (let hits = 0; hits < HITS_A_FILE; ) {
    const read = readSync(descriptor, buffer, kept, CHUNK, null);
    if (read === 0) return;
    total += read;
    const text = buffer.subarray(0, kept + read);
    let counted = 0;
    const countTo = (end: number) => {
      for (let at = text.indexOf(10, counted); at >= 0 && at < end; at = text.indexOf(10, at + 1)) {
        line += 1;
        lineStart = at + 1;
      }
      counted = end;
    };
    for (const { start, end } of matcher.find(text)) {
      if (start < reportedUpTo || hits >= HITS_A_FILE) continue;
      countTo(start);
      scan.hits.push({
        path,
        line,
        column: start - lineStart + 1,
        found: Buffer.from(text.subarray(start, end)),
      });
      hits += 1;
      reportedUpTo = end;
    }
    if (performance.now() >= endsAt) {
      scan.skipped.push(path);
      return;
    }
    if (read < CHUNK && total >= size) return; // A short read alone is not the end everywhere (FUSE).
    const drop = Math.max(counted, text.length - longest); // Lines are counted up to there already.
    countTo(drop);
    text.copy(buffer, 0, drop);
    kept = text.length - drop;
    lineStart -= drop;
    reportedUpTo = Math.max(0, reportedUpTo - drop);
  }
}
