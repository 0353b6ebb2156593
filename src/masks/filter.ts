import { readSync, writevSync } from "node:fs";
import { systemCode } from "../lib/errors.ts";
import { createMatcher } from "../redact/matcher.ts";
import { deriveNeedles, exactNeedles } from "../redact/needles.ts";
import { createRedactor } from "../redact/redactor.ts";

const CHUNK = 256 * 1024;
const RETRY_MS = 2;
// writev(2), IOV_MAX.
const MAX_PIECES = 1024;
const STDIN = 0;
const STDOUT = 1;

/** Masks these values; `exact` leaves their other forms alone. */
export function maskValues(values: Iterable<string>, exact: boolean): void {
  maskStream(exact ? exactNeedles(values) : deriveNeedles(values));
}

/**
 * Standard input to standard output, the needles masked. Synchronous: nothing is ever queued, so nothing is lost when the process is
 * killed but what it holds back.
 *
 * @param endMark bytes that end the stream wherever they stand
 */
export function maskStream(needles: Iterable<string>, endMark?: string): void {
  const redactor = createRedactor(needles);
  const buffer = Buffer.allocUnsafeSlow(CHUNK);
  const untilMark = endMark === undefined ? undefined : createEndMark(endMark);
  for (let read = readChunk(buffer); read > 0; read = readChunk(buffer)) {
    const chunk = buffer.subarray(0, read);
    const { text, isLast } = untilMark?.cut(chunk) ?? { text: chunk, isLast: false };
    const isRead = writeAll(redactor.write(text));
    if (isLast || !isRead) {
      writeAll(redactor.end());
      return;
    }
  }
  // What could have been the beginning of the mark was none.
  if (untilMark !== undefined) writeAll(redactor.write(untilMark.held()));
  writeAll(redactor.end());
}

/** What comes before the mark; what could be its beginning is held back. */
function createEndMark(mark: string): {
  cut(chunk: Buffer): { text: Buffer; isLast: boolean };
  held(): Buffer;
} {
  const matcher = createMatcher([mark]);
  let held = Buffer.alloc(0);
  const cut = (chunk: Buffer) => {
    const text = Buffer.concat([held, chunk]);
    const [found] = matcher.find(text);
    if (found !== undefined) return { text: text.subarray(0, found.start), isLast: true };
    const end = matcher.findHeldTail(text);
    held = Buffer.from(text.subarray(end));
    return { text: text.subarray(0, end), isLast: false };
  };
  return { cut, held: () => held };
}

function readChunk(buffer: Buffer): number {
  for (;;) {
    try {
      return readSync(STDIN, buffer, 0, buffer.length, null);
    } catch (error) {
      if (isEnd(error)) return 0;
      waitOrThrow(error);
    }
  }
}

/** @returns whether anyone is still there to read: after `| head` there is not, and that is no error */
function writeAll(pieces: readonly Buffer[]): boolean {
  let left = pieces.filter(({ length }) => length > 0);
  while (left.length > 0) {
    try {
      left = dropWritten(left, writevSync(STDOUT, left.slice(0, MAX_PIECES)));
    } catch (error) {
      if (["EPIPE", "EOF"].includes(systemCode(error))) return false; // EOF: Windows
      waitOrThrow(error);
    }
  }
  return true;
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

/** Windows reports the end of a pipe as an error (nodejs/node#35997). */
function isEnd(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "EOF";
}

/** A pipe that another process made non-blocking says EAGAIN instead of letting us wait. */
function waitOrThrow(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
}
