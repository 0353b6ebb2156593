import { readSync, writeSync } from "node:fs";
import { createMatcher } from "../redact/matcher.ts";
import { deriveNeedles, exactNeedles } from "../redact/needles.ts";
import { createRedactor } from "../redact/redactor.ts";

const CHUNK = 256 * 1024;
const RETRY_MS = 2;
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
    const { text, isLast } = untilMark?.(chunk) ?? { text: chunk, isLast: false };
    const isRead = writeAll(redactor.write(text));
    if (isLast || !isRead) break;
  }
  writeAll(redactor.end());
}

/** What comes before the mark; what could be its beginning is held back. */
function createEndMark(mark: string): (chunk: Buffer) => { text: Buffer; isLast: boolean } {
  const matcher = createMatcher([mark]);
  let held = Buffer.alloc(0);
  return (chunk) => {
    const text = Buffer.concat([held, chunk]);
    const [found] = matcher.find(text);
    if (found !== undefined) return { text: text.subarray(0, found.start), isLast: true };
    const end = matcher.findHeldTail(text);
    held = Buffer.from(text.subarray(end));
    return { text: text.subarray(0, end), isLast: false };
  };
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
function writeAll(text: Buffer): boolean {
  for (let written = 0; written < text.length; ) {
    try {
      written += writeSync(STDOUT, text, written);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EPIPE") return false;
      waitOrThrow(error);
    }
  }
  return true;
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
