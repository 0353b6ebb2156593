import {
  closeSync,
  constants,
  type Dirent,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  type Stats,
} from "node:fs";
import { join } from "node:path";
import type { Matcher } from "../redact/matcher.ts";

/** What to look for. */
export interface Search {
  matcher: Matcher;
  /** bytes of the longest needle: this much of a chunk is searched again with the next one */
  longest: number;
}

export interface ScanOptions {
  /** milliseconds since 1970: only files whose content or place changed since are searched */
  changedSince: number;
  /** paths that are left out, with everything below them */
  exempt: ReadonlySet<string>;
  /** the value of `performance.now()` at which the search stops */
  endsAt: number;
  /** how many hits are enough */
  maxHits: number;
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
// These folders are large and seldom hold anything of the job's own, so they are searched last, in case the time runs out.
const LAST = new Set(["node_modules", ".pnpm-store", "vendor", ".git", ".venv"]);

/**
 * Looks for needles in every file below some paths, without following links. Everything is synchronous, because waiting for each of ten
 * thousand small files takes longer than reading them.
 *
 * @param begin called once there is a file to search, because building the index takes longer than searching a job's few files
 */
export function scanFiles(paths: readonly string[], begin: () => Search, options: ScanOptions): Scan {
  const scan: Scan = { hits: [], filesRead: 0, skipped: [] };
  let buffered: BufferedSearch | undefined;
  const needles = () => {
    buffered ??= withBuffer(begin());
    return buffered;
  };
  const folders: string[] = [];
  const late: string[] = [];
  const isOver = () => performance.now() >= options.endsAt || scan.hits.length >= options.maxHits;
  const visit = (path: string, isFolder: boolean, name: string) => {
    if (options.exempt.has(path)) return;
    if (isFolder) (LAST.has(name) ? late : folders).push(path);
    if (hasChanged(path, options, scan)) searchEntry(path, isFolder, name, needles(), options, scan);
  };
  for (const path of paths) {
    const found = statusOf(path);
    if (found?.isDirectory()) folders.push(path);
    else if (found?.isFile()) visit(path, false, "");
    else scan.skipped.push(path);
  }
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop() ?? late.pop()) {
    if (isOver()) {
      scan.skipped.push(folder, ...folders, ...late);
      break;
    }
    for (const entry of readFolder(folder, scan)) {
      const isFolder = entry.isDirectory();
      if (!isFolder && !entry.isFile()) continue;
      if (isOver()) {
        scan.skipped.push(folder);
        break;
      }
      visit(join(folder, entry.name), isFolder, entry.name);
    }
  }
  return scan;
}

function statusOf(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined; // It does not exist, or cannot be examined.
  }
}

function readFolder(path: string, scan: Scan): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch {
    scan.skipped.push(path);
    return [];
  }
}

interface BufferedSearch extends Search {
  buffer: Buffer;
}

function withBuffer(search: Search): BufferedSearch {
  return { ...search, buffer: Buffer.allocUnsafeSlow(CHUNK + search.longest) };
}

/** Files that are unpacked from an archive keep their old mtime, but ctime cannot be set back (stat(2)). */
function hasChanged(path: string, { changedSince }: ScanOptions, scan: Scan): boolean {
  try {
    const { mtimeMs, ctimeMs } = lstatSync(path);
    return Math.max(mtimeMs, ctimeMs) >= changedSince;
  } catch {
    scan.skipped.push(path);
    return false;
  }
}

function searchEntry(
  path: string,
  isFolder: boolean,
  name: string,
  search: BufferedSearch,
  options: ScanOptions,
  scan: Scan,
): void {
  findInName(path, name, search, scan);
  if (isFolder) return;
  try {
    scanFile(path, search, options, scan);
  } catch {
    scan.skipped.push(path);
  }
}

function findInName(path: string, name: string, { matcher }: Search, scan: Scan): void {
  const bytes = Buffer.from(name);
  const [match] = matcher.find(bytes);
  if (match) scan.hits.push({ path, line: 0, column: 0, found: bytes.subarray(match.start, match.end) });
}

function scanFile(path: string, search: BufferedSearch, { endsAt }: ScanOptions, scan: Scan): void {
  const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants; // Windows has only the first.
  const descriptor = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    readThrough(descriptor, path, search, endsAt, scan);
    scan.filesRead += 1;
  } finally {
    closeSync(descriptor);
  }
}

/** Searches one chunk after another, each together with the end of the one before, in which a needle may have begun. */
function readThrough(
  descriptor: number,
  path: string,
  { matcher, buffer, longest }: BufferedSearch,
  endsAt: number,
  scan: Scan,
): void {
  let kept = 0; // bytes of the previous chunk
  let line = 1; // at the beginning of the buffer
  let lineStart = 0; // where that line begins in the buffer; negative if it began before it
  let reportedUpTo = 0; // hits before this were found in the previous chunk
  for (let hits = 0; hits < HITS_A_FILE; ) {
    const read = readSync(descriptor, buffer, kept, CHUNK, null);
    if (read === 0) return;
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
    if (read < CHUNK) return; // The end of the file. A file that is growing is searched as it was.
    const drop = Math.max(counted, text.length - longest); // Lines are counted up to there already.
    countTo(drop);
    text.copy(buffer, 0, drop);
    kept = text.length - drop;
    lineStart -= drop;
    reportedUpTo = Math.max(0, reportedUpTo - drop);
  }
}
