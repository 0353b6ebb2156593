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

/** What is looked for. */
export interface Search {
  matcher: Matcher;
  /** bytes of the longest needle: so much of a chunk is looked at again with the next */
  longest: number;
}

export interface ScanOptions {
  /** milliseconds since 1970: files whose content or place changed since are looked at */
  changedSince: number;
  /** paths that are left out, with all that is below them */
  exempt: ReadonlySet<string>;
  /** `performance.now()` from which on nothing more is looked at */
  endsAt: number;
  /** where to stop: a file that is full of secrets tells enough */
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
  /** folders, and files that could not be read, that were not looked at */
  skipped: string[];
}

const CHUNK = 1024 * 1024;
const HITS_A_FILE = 10;
// What a package manager puts there is large and seldom ours: looked at last, in case that the time runs out.
const LAST = new Set(["node_modules", ".pnpm-store", "vendor", ".git", ".venv"]);

/**
 * Looks for needles in every file below some paths. Links are not followed. Everything is synchronous, because waiting for each of
 * ten thousand small files takes longer than reading it.
 *
 * @param begin asked for what to look for as soon as there is something to look at: an index takes longer than a job's few files
 */
export function scanFiles(paths: readonly string[], begin: () => Search, options: ScanOptions): Scan {
  const scan: Scan = { hits: [], filesRead: 0, skipped: [] };
  let search: BufferedSearch | undefined;
  const searchOf = () => {
    search ??= withBuffer(begin());
    return search;
  };
  const folders: string[] = [];
  const late: string[] = [];
  const isOver = () => performance.now() >= options.endsAt || scan.hits.length >= options.maxHits;
  const look = (path: string, isFolder: boolean, name: string) => {
    if (options.exempt.has(path)) return;
    if (isFolder) (LAST.has(name) ? late : folders).push(path);
    if (hasChanged(path, options, scan)) lookInto(path, isFolder, name, searchOf(), options, scan);
  };
  for (const path of paths) {
    const found = statusOf(path);
    if (found?.isDirectory()) folders.push(path);
    else if (found?.isFile()) look(path, false, "");
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
      look(join(folder, entry.name), isFolder, entry.name);
    }
  }
  return scan;
}

function statusOf(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined; // not there, or not to be looked at
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

/** What is unpacked from an archive keeps its old mtime; ctime cannot be set back (stat(2)). */
function hasChanged(path: string, { changedSince }: ScanOptions, scan: Scan): boolean {
  try {
    const { mtimeMs, ctimeMs } = lstatSync(path);
    return Math.max(mtimeMs, ctimeMs) >= changedSince;
  } catch {
    scan.skipped.push(path);
    return false;
  }
}

function lookInto(
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
  const descriptor = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  try {
    readThrough(descriptor, path, search, endsAt, scan);
    scan.filesRead += 1;
  } finally {
    closeSync(descriptor);
  }
}

/** One chunk after another, each behind the end of the one before, in which a needle may have begun. */
function readThrough(
  descriptor: number,
  path: string,
  { matcher, buffer, longest }: BufferedSearch,
  endsAt: number,
  scan: Scan,
): void {
  let kept = 0; // bytes of the chunk before
  let line = 1; // at the buffer's beginning
  let lineStart = 0; // of that line, in the buffer; negative when it began before it
  let toldUpTo = 0; // hits before it were found in the chunk before
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
      if (start < toldUpTo || hits >= HITS_A_FILE) continue;
      countTo(start);
      scan.hits.push({
        path,
        line,
        column: start - lineStart + 1,
        found: Buffer.from(text.subarray(start, end)),
      });
      hits += 1;
      toldUpTo = end;
    }
    if (performance.now() >= endsAt) {
      scan.skipped.push(path);
      return;
    }
    if (read < CHUNK) return; // a file that ends here; one that grows meanwhile is looked at as it was
    const drop = Math.max(counted, text.length - longest); // lines are counted up to there already
    countTo(drop);
    text.copy(buffer, 0, drop);
    kept = text.length - drop;
    lineStart -= drop;
    toldUpTo = Math.max(0, toldUpTo - drop);
  }
}
