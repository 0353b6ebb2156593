import { type Dirent, lstatSync, readdirSync, type Stats } from "node:fs";
import { join } from "node:path";
import { systemCode } from "../lib/errors.ts";
import { type BufferedSearch, raw, type Scan, type Search, scanFile, withBuffer } from "./file-search.ts";

export interface ScanOptions {
  /** milliseconds since 1970: only files whose content or place changed since are searched */
  changedSince: number;
  /** paths that are left out, with everything below them */
  exempt: ReadonlySet<string>;
  /** whether somebody asked to leave a file or a folder out */
  isIgnored?: (path: string, isFolder: boolean) => boolean;
  /** the value of `performance.now()` at which the search stops */
  endsAt: number;
  /** how many hits are enough */
  maxHits: number;
}

// These folders are large and seldom hold anything of the job's own, so they are searched last, in case the time runs out.
const LAST = new Set(["node_modules", ".pnpm-store", "vendor", ".git", ".venv"]);

/**
 * Looks for needles in every file below some paths, without following links. Everything is synchronous, because waiting for each of ten
 * thousand small files takes longer than reading them. Inside this file a path is a string of bytes (latin1), because a name need not be
 * UTF-8, and a file must not escape the search by its name.
 *
 * @param begin called once there is a file to search, because building the index takes longer than searching a job's few files
 */
export function scanFiles(paths: readonly string[], begin: () => Search, options: ScanOptions): Scan {
  const scan: Scan = { hits: [], filesRead: 0, skipped: [] };
  const exempt = new Set(Array.from(options.exempt, toBytes));
  let buffered: BufferedSearch | undefined;
  const needles = () => {
    buffered ??= withBuffer(begin());
    return buffered;
  };
  const folders: string[] = [];
  const late: string[] = [];
  const isOver = () => performance.now() >= options.endsAt || scan.hits.length >= options.maxHits;
  const visit = (path: string, isFolder: boolean, name: string) => {
    if (exempt.has(path) || options.isIgnored?.(fromBytes(path), isFolder)) return;
    if (isFolder) (LAST.has(name) ? late : folders).push(path);
    const found = findChanged(path, options, scan);
    if (found === undefined) return;
    findInName(path, name, needles(), scan);
    if (!isFolder) searchFile(path, found.size, needles(), options, scan);
  };
  for (const path of paths.map(toBytes)) {
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
  const hits = scan.hits.map((hit) => ({ ...hit, path: fromBytes(hit.path) }));
  return { ...scan, hits, skipped: scan.skipped.map(fromBytes) };
}

function toBytes(path: string): string {
  return Buffer.from(path).toString("latin1");
}

function fromBytes(path: string): string {
  return Buffer.from(path, "latin1").toString();
}

/** What is gone by now is in no file of the job's. */
function skip(path: string, error: unknown, scan: Scan): void {
  if (systemCode(error) !== "ENOENT") scan.skipped.push(path);
}

function statusOf(path: string): Stats | undefined {
  try {
    return lstatSync(raw(path));
  } catch {
    return undefined; // It does not exist, or cannot be examined.
  }
}

function readFolder(path: string, scan: Scan): Dirent[] {
  try {
    return readdirSync(raw(path), { withFileTypes: true, encoding: "latin1" });
  } catch (error) {
    skip(path, error, scan);
    return [];
  }
}

/** Files that are unpacked from an archive keep their old mtime, but ctime cannot be set back (stat(2)). */
function findChanged(path: string, { changedSince }: ScanOptions, scan: Scan): Stats | undefined {
  try {
    const found = lstatSync(raw(path));
    return Math.max(found.mtimeMs, found.ctimeMs) >= changedSince ? found : undefined;
  } catch (error) {
    skip(path, error, scan);
    return undefined;
  }
}

function searchFile(
  path: string,
  size: number,
  search: BufferedSearch,
  { endsAt }: ScanOptions,
  scan: Scan,
): void {
  try {
    scanFile(path, size, search, endsAt, scan);
  } catch (error) {
    skip(path, error, scan);
  }
}

function findInName(path: string, name: string, { matcher }: Search, scan: Scan): void {
  const bytes = raw(name);
  const [match] = matcher.find(bytes);
  if (match) scan.hits.push({ path, line: 0, column: 0, found: bytes.subarray(match.start, match.end) });
}
