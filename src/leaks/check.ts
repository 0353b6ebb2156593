import { lstatSync } from "node:fs";
import { dirname, relative, resolve, sep } from "node:path";
import type { Log } from "../ci/host.ts";
import { isInside, realPath } from "../ci/real-path.ts";
import type { LeakPolicy } from "../inputs/clean-up.ts";
import { StashError, systemCode } from "../lib/errors.ts";
import { count, listNames, printable } from "../lib/printable.ts";
import { identityOf } from "../lib/safe-file.ts";
import { type KeptReading, readKeptSecrets } from "../masks/store.ts";
import type { Hit } from "./file-search.ts";
import { describeFound, describeRemedies, type Found } from "./found.ts";
import { createPathFilter } from "./path-filter.ts";
import { scanFiles } from "./scan.ts";
import { type LeakSearch, leakLimits, prepareSearch } from "./search.ts";

const SECONDS = 20;
const MAX_HITS = 50;

/** A file that is meant to hold values, and the identity of the folder that it was written to. */
export interface ExemptFile {
  path: string;
  folder: string;
  draft: string;
}

/** Where to look, and for what. */
export interface LeakScope {
  /** holds the secrets; empty if there is none */
  keyDirectory: string;
  /** how to read the secrets */
  kept: KeptReading;
  /** when the session began, in milliseconds since 1970; files that did not change since are not searched */
  startedAt: number | undefined;
  workspace: string;
  /** files that are meant to hold values */
  exempt: readonly ExemptFile[];
  /** the input `leak-ignore` */
  ignore: string;
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
    const leak = code === "MASKS_UNREADABLE" ? secretsGone(error) : leakCheckFailed(error);
    if (policy === "fail") return { outcome: leak.message, leak };
    (code === "MASKS_UNREADABLE" ? log.info : log.warn)(leak.message);
    return { outcome: leak.message };
  }
}

/** A step that wants to hide a leak could delete the key directory. */
function secretsGone(cause: unknown): StashError {
  return new StashError(
    "LEAK_FOUND",
    "The leak check could not run, because the key directory, which holds the values to look for, is gone or cannot be read. So it is " +
      "unknown whether a file holds a value. Find out which step deletes it, or set leak-check to warn.",
    { cause },
  );
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
 * 4. What could not be searched counts as a finding if the policy is `fail`.
 *
 * @returns the outcome, as a sentence
 * @throws {StashError} `LEAK_FOUND` if the policy is `fail`; `MASKS_UNREADABLE`
 */
export async function checkForLeaks(
  log: Log,
  policy: LeakPolicy,
  { keyDirectory, kept, startedAt, workspace, exempt, ignore, paths }: LeakScope,
): Promise<string> {
  if (policy === "off" || keyDirectory === "") return "No leak check was run.";
  const secrets = readKeptSecrets(keyDirectory, kept); // 1
  let prepared: LeakSearch | undefined;
  const search = () => {
    prepared ??= prepareSearch(secrets);
    return prepared;
  };
  // Links on the way to the workspace are followed, so that every path has one name. Links below it are not.
  const named = paths.map((path) => realPath(resolve(workspace, path)));
  const roots = [...named, ...targetsOutside(named, exempt)];
  const scan = scanFiles(roots, search, {
    changedSince: startedAt ?? 0,
    exempt: new Set([realPath(keyDirectory), ...exempt.flatMap(pathsInPlace)]),
    isIgnored: await createPathFilter(ignore, realPath(workspace)),
    endsAt: performance.now() + SECONDS * 1000,
    maxHits: MAX_HITS,
  }); // 2
  const found = scan.hits.map((hit) => reportHit(log, hit, search(), realPath(workspace))); // 3
  if (scan.hits.length >= MAX_HITS) log.warn(`The leak check stopped after ${MAX_HITS} findings.`);
  else if (scan.skipped.length > 0) {
    const skipped = listNames(scan.skipped.map(search().showPath), 5);
    if (policy === "fail" && scan.hits.length === 0) throw notSearched(skipped); // 4
    log.warn(
      `The leak check did not search ${skipped}, because the time limit (${SECONDS} s) was reached or they cannot be read.`,
    );
  }
  if (scan.hits.length === 0) return describeClean(scan.filesRead);
  const message = describeFound(found);
  for (const line of describeRemedies(found)) log.info(line);
  if (policy === "fail") throw new StashError("LEAK_FOUND", message);
  log.warn(message);
  return message;
}

/**
 * Whether a file of ours is still the file that is removed at the end. A link in its place leads to a file that stays, as after
 * `mv .env shared/ && ln -s shared/.env`, and a folder of the same name can be another one.
 */
function isInPlace({ path, folder }: ExemptFile): boolean {
  try {
    return lstatSync(path).isFile() && identityOf(lstatSync(dirname(path))) === folder;
  } catch {
    return false;
  }
}

/** What links in the places of env files lead to, as far as it is not searched anyway. */
function targetsOutside(roots: readonly string[], exempt: readonly ExemptFile[]): string[] {
  const targets = exempt
    .filter((file) => !isInPlace(file))
    .map(({ path }) => ({ path, target: realPath(path) }));
  return targets
    .filter(({ path, target }) => target !== path && !roots.some((root) => isInside(target, root)))
    .map(({ target }) => target);
}

/** A draft of a write that was killed holds values, too, and goes with the file. */
function pathsInPlace(file: ExemptFile): string[] {
  if (!isInPlace(file)) return [];
  return isInPlace({ ...file, path: file.draft }) ? [file.path, file.draft] : [file.path];
}

/** Names the limits, because an all-clear without them would not be true; not the variables, because that would reveal their length. */
function describeClean(filesRead: number): string {
  return (
    `The leak check found no pulled value in ${count(filesRead, "file")} that changed since the pull. Values shorter than ${leakLimits.value} bytes and lines ` +
    `shorter than ${leakLimits.part} bytes are not searched for.`
  );
}

function reportHit(log: Log, hit: Hit, { identify, showPath }: LeakSearch, workspace: string): Found {
  const { line, column } = hit;
  const { name, form } = identify(hit.found);
  const below = relative(workspace, hit.path) || hit.path;
  const file = showPath(below);
  const what = `${printable(name)}, ${form}`;
  const place = { file: file.replaceAll(sep, "/"), line, column };
  if (line === 0) log.warn(`Leak: the name of ${file} holds ${what}.`);
  else log.warn(`Leak: ${file}:${line}:${column} holds ${what}.`, place);
  const isNamed = file === below && isInside(hit.path, workspace); // Otherwise a pattern would be another path's.
  return { name, path: isNamed ? place.file : undefined };
}

function notSearched(paths: string): StashError {
  return new StashError(
    "LEAK_FOUND",
    `The leak check could not search ${paths}, so it is unknown whether a value is in there: they do not exist, cannot be read, or were not ` +
      `reached within ${SECONDS} s. Make them readable, or delete them before the job ends.`,
  );
}
