import { closeSync, constants, openSync, readSync, writevSync } from "node:fs";
import { pause, readIfReady, untilReady } from "../lib/blocking-io.ts";
import { systemCode } from "../lib/errors.ts";
import type { Secret } from "../lib/secret.ts";
import { createMatcher } from "../redact/matcher.ts";
import { exactNeedles, needlesOf } from "../redact/needles.ts";
import { createRedactor, type Redactor } from "../redact/redactor.ts";

const CHUNK = 256 * 1024;
const MAX_PIECES = 1024; // writev(2), IOV_MAX
const STDIN = 0;
const STDOUT = 1;

// After the end of the script: how long to wait for writers that say nothing, how long for those that do, and how often to look. The shell
// waits for ten seconds (templates/secret-stash/template.yml).
const QUIET_MS = 1000;
const LONGEST_MS = 6000;
const POLL_MS = 10;

/** Copies standard input to standard output with these secrets masked. With `exact`, their other forms are not. */
export function maskInput(secrets: readonly Secret[], exact: boolean): void {
  const needles = exact ? exactNeedles(secrets.map(({ value }) => value)) : needlesOf(secrets);
  const redactor = createRedactor(needles, createMatcher(needles, !exact));
  copy(redactor, (chunk) => chunk);
  writeAll(redactor.end());
}

/**
 * Copies standard input to standard output with the needles masked. It reads and writes synchronously: nothing is ever queued, so if the
 * process is killed, only the text that it holds back is lost.
 *
 * The mark says that the script has ended. What the script wrote through filters of its own (`exec > >(tee log)`) can arrive after the mark,
 * because a filter holds text until its input ends. So what others still write is copied, too, until the last of them has closed the pipe. A
 * process that lives on in the background does not keep the job: when it says nothing for a while, the stream is over.
 *
 * @param endMark bytes that mark the end of the script wherever they appear
 * @param pipe the path of the pipe that standard input is
 */
export function maskUntilMark(needles: Iterable<string | Buffer>, endMark: string, pipe: string): void {
  const redactor = createRedactor(needles);
  const mark = createEndMark(endMark);
  const isOver = !copy(redactor, mark.cut, mark.isFound);
  if (!isOver) copyRest(redactor, pipe);
  // What looked like the beginning of the mark turned out to be text.
  writeAll(redactor.write(mark.held()));
  writeAll(redactor.end());
}

/**
 * Copies until the input ends, nobody reads the output, or it is told to stop.
 *
 * @returns whether it was told to stop
 */
function copy(
  redactor: Redactor,
  textOf: (chunk: Buffer) => Buffer,
  isOver: () => boolean = () => false,
): boolean {
  const buffer = Buffer.allocUnsafeSlow(CHUNK);
  for (let read = readChunk(buffer); read > 0; read = readChunk(buffer)) {
    if (!writeAll(redactor.write(textOf(buffer.subarray(0, read))))) return false;
    if (isOver()) return true;
  }
  return false;
}

/** Copies what is in the pipe or on its way there, without waiting for writers that say nothing. */
function copyRest(redactor: Redactor, pipe: string): void {
  // Opened once more, because nobody else must find the end that they share with us non-blocking.
  const descriptor = openWithoutWaiting(pipe);
  if (descriptor === undefined) return;
  const buffer = Buffer.allocUnsafeSlow(CHUNK);
  const endsAt = performance.now() + LONGEST_MS;
  let quietAt = performance.now() + QUIET_MS;
  for (let now = performance.now(); now < Math.min(endsAt, quietAt); now = performance.now()) {
    const read = readIfReady(descriptor, buffer);
    if (read === 0) break;
    if (read === undefined) pause(POLL_MS);
    else {
      quietAt = now + QUIET_MS;
      if (!writeAll(redactor.write(buffer.subarray(0, read)))) break;
    }
  }
  closeSync(descriptor);
}

function openWithoutWaiting(pipe: string): number | undefined {
  try {
    return openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return undefined; // The script deleted it. Then nobody can open it, and who has it open is not waited for.
  }
}

/** Takes the mark out of the stream, and holds back what could be its beginning. */
function createEndMark(mark: string): {
  cut(chunk: Buffer): Buffer;
  isFound(): boolean;
  held(): Buffer;
} {
  const matcher = createMatcher([mark]);
  let held = Buffer.alloc(0);
  let isFound = false;
  const cut = (chunk: Buffer) => {
    const text = Buffer.concat([held, chunk]);
    const [found] = matcher.find(text);
    if (found !== undefined) {
      isFound = true;
      held = Buffer.alloc(0);
      return Buffer.concat([text.subarray(0, found.start), text.subarray(found.end)]);
    }
    const end = matcher.findHeldTail(text);
    held = Buffer.from(text.subarray(end));
    return text.subarray(0, end);
  };
  return { cut, isFound: () => isFound, held: () => held };
}

/** @returns 0 at the end */
function readChunk(buffer: Buffer): number {
  try {
    return untilReady(() => readSync(STDIN, buffer, 0, buffer.length, null));
  } catch (error) {
    if (systemCode(error) === "EOF") return 0; // Windows reports the end of a pipe as an error (nodejs/node#35997).
    throw error;
  }
}

/** @returns whether anybody still reads: after `| head` nobody does, and that is not an error */
function writeAll(pieces: readonly Buffer[]): boolean {
  let left = pieces.filter(({ length }) => length > 0);
  try {
    while (left.length > 0) {
      const batch = left.slice(0, MAX_PIECES);
      left = dropWritten(
        left,
        untilReady(() => writevSync(STDOUT, batch)),
      );
    }
    return true;
  } catch (error) {
    if (["EPIPE", "EOF"].includes(systemCode(error))) return false; // Windows reports EPIPE as EOF.
    throw error;
  }
}

function dropWritten(pieces: readonly Buffer[], written: number): Buffer[] {
  let rest = written;
  let whole = 0;
  for (; whole < pieces.length && rest >= (pieces[whole] as Buffer).length; whole += 1) {
    rest -= (pieces[whole] as Buffer).length;
  }
  const left = pieces.slice(whole);
  const [first] = left;
  if (first !== undefined && rest > 0) left[0] = first.subarray(rest);
  return left;
}
