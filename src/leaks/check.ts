import { statSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import type { Log } from "../ci/host.ts";
import { realPath } from "../export/real-path.ts";
import type { LeakPolicy } from "../inputs/clean-up.ts";
import { OWNER_FILE } from "../key/owner.ts";
import { StashError, systemCode } from "../lib/errors.ts";
import { count, listNames, printable } from "../lib/printable.ts";
import { masksUnreadable, readKeptSecrets } from "../masks/store.ts";
import { type Hit, scanFiles } from "./scan.ts";
import { type LeakSearch, leakLimits, prepareSearch } from "./search.ts";

const SECONDS = 20;
const MAX_HITS = 50;

/** Where to look, and for what. */
export interface LeakScope {
  /** holds the secrets; its age tells which files changed since */
  keyDirectory: string;
  workspace: string;
  /** files that are meant to hold values */
  exempt: readonly string[];
  /** absolute, or relative to the workspace */
  paths: readonly string[];
}

/**
 * The leak check at the end of a session. A fault of its own must not keep the session from being undone, so it never throws.
 *
 * @returns the outcome as a sentence, and the error with which the job is to fail, if it is to fail
 */
export async function lookForLeaks(
  log: Log,
  policy: LeakPolicy,
  scope: LeakScope,
): Promise<{ outcome: string; leak?: StashError }> {
  try {
    return { outcome: await checkForLeaks(log, policy, scope) };
  } catch (error) {
    const code = error instanceof StashError ? error.code : "INTERNAL";
    if (code === "LEAK_FOUND") return { outcome: (error as StashError).message, leak: error as StashError };
    if (code === "MASKS_UNREADABLE") {
      const outcome =
        "The leak check could not run, because the key directory, which is needed to decrypt the values, is gone or cannot be read.";
      (policy === "fail" ? log.warn : log.info)(outcome);
      return { outcome };
    }
    const leak = leakCheckFailed(error);
    if (policy === "fail") return { outcome: leak.message, leak };
    log.warn(leak.message);
    return { outcome: leak.message };
  }
}

/** If the check failed, nobody knows whether a value is in a file. That passes only where leaks do not fail the job. */
function leakCheckFailed(cause: unknown): StashError {
  return new StashError(
    "LEAK_FOUND",
    `The leak check stopped because of a bug (${systemCode(cause)}), so it is unknown whether a file holds a value. Check the files that ` +
      "the job uploads, and please report the bug.",
    { cause },
  );
}

/**
 * Looks for the values of a session in the files that changed since, in every form that jobs print them in. Reports the place of each
 * one, never the value.
 *
 * 1. Decrypt the values again, with the key directory that is still there.
 * 2. Search every file below the paths that changed since the pull began, within a time limit.
 * 3. Report each hit by place, variable and form. If the name of a file holds a value, the name is masked itself.
 *
 * @returns the outcome, as a sentence
 * @throws {StashError} `LEAK_FOUND` if the policy is `fail`; `MASKS_UNREADABLE`
 */
export async function checkForLeaks(
  log: Log,
  policy: LeakPolicy,
  { keyDirectory, workspace, exempt, paths }: LeakScope,
): Promise<string> {
  if (policy === "off" || keyDirectory === "") return "No leak check was run.";
  const secrets = await readKeptSecrets(keyDirectory); // 1
  let prepared: LeakSearch | undefined;
  const search = () => {
    prepared ??= prepareSearch(secrets);
    return prepared;
  };
  // Links on the way to the workspace are followed, so that every path has one name. Links below it are not.
  const roots = paths.map((path) => realPath(resolve(workspace, path)));
  const scan = scanFiles(roots, search, {
    changedSince: startOf(keyDirectory),
    exempt: new Set([keyDirectory, ...exempt].map(realPath)),
    endsAt: performance.now() + SECONDS * 1000,
    maxHits: MAX_HITS,
  }); // 2
  const names = new Set<string>();
  for (const hit of scan.hits) names.add(reportHit(log, hit, search(), realPath(workspace))); // 3
  reportSkipped(log, scan.skipped, search, scan.hits.length >= MAX_HITS);
  if (scan.hits.length === 0) {
    const unseen = roots.find((root) => scan.skipped.includes(root));
    if (policy === "fail" && unseen !== undefined) throw notSearched(search().showPath(unseen));
    return describeClean(scan.filesRead);
  }
  const places = scan.hits.length === 1 ? "one place" : `${scan.hits.length} places`;
  const message =
    `The leak check found ${listNames([...names].sort())} in ${places} of the job's files. If a later step uploads, caches or commits these ` +
    "files, the values go with them. Keep values out of files, or delete the files before the job ends. Rotate every value that has already " +
    "left the runner.";
  if (policy === "fail") throw new StashError("LEAK_FOUND", message);
  log.warn(message);
  return message;
}

/** The session began when its first file was written, which never changes again. */
function startOf(keyDirectory: string): number {
  try {
    return statSync(join(keyDirectory, OWNER_FILE)).mtimeMs;
  } catch (cause) {
    throw masksUnreadable(cause); // A step deleted a part of the key directory.
  }
}

/** Names the limits, because an all-clear without them would not be true; not the variables, because that would reveal their length. */
function describeClean(filesRead: number): string {
  return (
    `The leak check found no pulled value in ${count(filesRead, "file")} that changed since the pull. Values shorter than ${leakLimits.value} bytes and lines ` +
    `shorter than ${leakLimits.part} bytes are not searched for.`
  );
}

/** @returns the name of what was found */
function reportHit(log: Log, hit: Hit, { identify, showPath }: LeakSearch, workspace: string): string {
  const { line, column } = hit;
  const { name, form } = identify(hit.found);
  const file = showPath(relative(workspace, hit.path) || hit.path);
  const what = `${printable(name)}, ${form}`;
  if (line === 0) log.warn(`Leak: the name of ${file} holds ${what}.`);
  else {
    const place = { file: file.replaceAll(sep, "/"), line, column };
    log.warn(`Leak: ${file}:${line}:${column} holds ${what}.`, place);
  }
  return name;
}

function notSearched(path: string): StashError {
  return new StashError(
    "LEAK_FOUND",
    `The leak check could not search ${path}, so it is unknown whether a value is in there. Check that it exists and can be read.`,
  );
}

function reportSkipped(
  log: Log,
  skipped: readonly string[],
  search: () => LeakSearch,
  isFull: boolean,
): void {
  if (isFull) log.warn(`The leak check stopped after ${MAX_HITS} findings.`);
  else if (skipped.length > 0) {
    const shown = listNames(skipped.map(search().showPath), 5);
    log.warn(
      `The leak check did not search ${shown}, because the time limit (${SECONDS} s) was reached or they cannot be read.`,
    );
  }
}
