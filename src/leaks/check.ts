import { realpathSync, statSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { OWNER_FILE } from "../key/owner.ts";
import { listNames, printable, StashError, systemCode } from "../lib/errors.ts";
import type { LeakPolicy } from "../inputs/clean-up.ts";
import type { Host } from "../ci/host.ts";
import { type Hit, scanFiles } from "./scan.ts";
import { describeForm } from "./form.ts";
import { createMatcher } from "../redact/matcher.ts";
import { deriveNeedles } from "../redact/needles.ts";
import { createRedactor } from "../redact/redactor.ts";
import { masksUnreadable, readKeptSecrets } from "../masks/store.ts";
import type { Secret } from "../lib/secret.ts";
import type { Undo } from "../journal/undo.ts";

const SECONDS = 20;
const MAX_HITS = 50;
// Below these a value, or a line of one, is ordinary text, which stands in every other file.
const LIMITS = { value: 8, part: 16 };

/**
 * The leak check at the end of a session, which a fault of its own must not keep from being taken back.
 *
 * @returns what came of it as a sentence, and the leak to fail for, if it is to be failed for; nothing when no value was handed out. A job that
 * is being ended may still upload its files.
 */
export async function lookForLeaks(
  host: Host,
  policy: LeakPolicy,
  undo: Undo,
): Promise<{ outcome?: string; leak?: StashError }> {
  if (!undo.isPulled) return {};
  try {
    return { outcome: await checkForLeaks(host, policy, undo) };
  } catch (error) {
    const code = error instanceof StashError ? error.code : "INTERNAL";
    if (code === "LEAK_FOUND") return { outcome: (error as StashError).message, leak: error as StashError };
    if (code === "MASKS_UNREADABLE") {
      const outcome =
        "The leak check could not look: the key directory, with which the values are decrypted, is gone or cannot be read.";
      (policy === "fail" ? host.warn : host.info)(outcome);
      return { outcome };
    }
    const leak = leakCheckFailed(error);
    if (policy === "fail") return { outcome: leak.message, leak };
    host.warn(leak.message);
    return { outcome: leak.message };
  }
}

/** Whether a value is in a file is then not known, which passes for none only where leaks are not to fail the job. */
function leakCheckFailed(cause: unknown): StashError {
  return new StashError(
    "LEAK_FOUND",
    `The leak check stopped at a fault of its own (${systemCode(cause)}), so whether a value is in a file is not known. Look at what ` +
      "the job uploads, and please report it.",
    { cause },
  );
}

/**
 * Looks for what the session pulled in the files that changed since, in every form that jobs print it in, and reports where it stands;
 * never the value.
 *
 * 1. The values are decrypted again, with the key directory that is still there.
 * 2. Every file below the paths that changed since the pull began is searched, within a time limit.
 * 3. What was found is reported by place, variable and form; a name of a file that holds a value is masked itself.
 *
 * @returns what came of it, as a sentence
 * @throws {StashError} `LEAK_FOUND` when the policy is `fail`; `MASKS_UNREADABLE`
 */
export async function checkForLeaks(
  host: Host,
  policy: LeakPolicy,
  { keyDirectory = "", envFiles = [] }: Undo,
  paths: readonly string[] = [host.workspace],
): Promise<string> {
  if (policy === "off" || keyDirectory === "") return "No leak check was made.";
  const secrets = await readKeptSecrets(keyDirectory); // 1
  let needles = new Set<string>();
  const begin = () => {
    needles = leakNeedles(secrets.map(({ value }) => value));
    const longest = Array.from(needles).reduce(
      (most, needle) => Math.max(most, Buffer.byteLength(needle)),
      0,
    );
    return { matcher: createMatcher(needles), longest };
  };
  // Links on the way to the workspace are followed, so that a path has one name; links below it are not.
  const roots = paths.map((path) => realPath(resolve(host.workspace, path)));
  const scan = scanFiles(roots, begin, {
    changedSince: startOf(keyDirectory),
    exempt: new Set([keyDirectory, ...envFiles.flatMap(({ path, draft }) => [path, draft])].map(realPath)),
    endsAt: performance.now() + SECONDS * 1000,
    maxHits: MAX_HITS,
  }); // 2
  if (scan.skipped.length > 0 && needles.size === 0) begin(); // their names are shown, and may hold a value
  const names = new Set<string>();
  const shown = masked(needles);
  for (const hit of scan.hits) names.add(reportHit(host, hit, secrets, shown)); // 3
  reportSkipped(host, scan.skipped.map(shown), scan.hits.length >= MAX_HITS);
  if (scan.hits.length === 0) {
    const unseen = roots.find((root) => scan.skipped.includes(root));
    if (policy === "fail" && unseen !== undefined) throw notLookedAt(shown(unseen));
    return describeClean(scan.filesRead);
  }
  const places = `${scan.hits.length === 1 ? "one place" : `${scan.hits.length} places`}`;
  const message =
    `The leak check found ${listNames([...names].sort())} in ${places} of the job's files. What uploads, caches or commits them carries the ` +
    "values along. Keep them out of files, or delete those before the job ends; and change values that have left the runner already.";
  if (policy === "fail") throw new StashError("LEAK_FOUND", message);
  host.warn(message);
  return message;
}

/** When the session began: its first file is never written again. */
function startOf(keyDirectory: string): number {
  try {
    return statSync(join(keyDirectory, OWNER_FILE)).mtimeMs;
  } catch (cause) {
    throw masksUnreadable(cause); // a step deleted a part of the key directory
  }
}

/** Told with its limits, for an all-clear without them would be none; not by name, which would tell the length of a value. */
function describeClean(filesRead: number): string {
  const files = filesRead === 1 ? "1 file" : `${filesRead} files`;
  return (
    `The leak check found no pulled value in ${files} that changed since the pull. Values under ${LIMITS.value} bytes, and lines under ` +
    `${LIMITS.part}, are ordinary text and are not looked for.`
  );
}

export function realPath(path: string): string {
  try {
    return realpathSync.native(path); // as the env file was located: the case and the long names that are on the disk
  } catch {
    return path; // not there: the scan says so
  }
}

/** As for masking, but for what stands around every key: it would point at each certificate in the workspace. */
function leakNeedles(values: readonly string[]): Set<string> {
  const armour = values.flatMap((value) => value.match(/-----(BEGIN|END) [A-Z0-9 ]+-----/g) ?? []);
  const needles = deriveNeedles(values, LIMITS);
  for (const needle of deriveNeedles(armour, LIMITS)) needles.delete(needle);
  return needles;
}

/** A path can hold a value, too. */
function masked(needles: Iterable<string>): (path: string) => string {
  return (path) => {
    const redactor = createRedactor(needles);
    return printable(
      Buffer.concat([...redactor.write(Buffer.from(path)), ...redactor.end()]).toString(),
      500,
    );
  };
}

/** @returns the name of what was found */
function reportHit(
  host: Host,
  hit: Hit,
  secrets: readonly Secret[],
  shown: (path: string) => string,
): string {
  const { line, column, found } = hit;
  const secret = secrets.find(({ value }) => deriveNeedles([value], LIMITS).has(found.toString()));
  const name = secret?.name ?? "a value";
  const form = secret === undefined ? "in pieces" : describeForm(found, secret.value);
  const file = shown(relative(realPath(host.workspace), hit.path) || hit.path);
  const what = `${printable(name)}, ${form}`;
  if (line === 0) host.warn(`Leak: the name of ${file} holds ${what}.`);
  else
    host.warn(`Leak: ${file}:${line}:${column} holds ${what}.`, {
      file: file.replaceAll(sep, "/"),
      line,
      column,
    });
  return name;
}

function notLookedAt(path: string): StashError {
  return new StashError(
    "LEAK_FOUND",
    `The leak check could not look at ${path}, so whether a value stands there is not known. Check that it is there and can be read.`,
  );
}

function reportSkipped(host: Host, skipped: readonly string[], isFull: boolean): void {
  if (isFull) host.warn(`The leak check stopped after ${MAX_HITS} findings.`);
  else if (skipped.length > 0) {
    host.warn(
      `The leak check did not look at ${listNames(skipped, 5)}: the time (${SECONDS} s) was up, or they cannot be read.`,
    );
  }
}
