import { readSync, writevSync } from "node:fs";
import { untilReady } from "../lib/blocking-io.ts";
import { systemCode } from "../lib/errors.ts";
import type { Secret } from "../lib/secret.ts";
import { createMatcher } from "../redact/matcher.ts";
import { exactNeedles, needlesOf } from "../redact/needles.ts";
import { createRedactor } from "../redact/redactor.ts";

const CHUNK = 256 * 1024;
const MAX_PIECES = 1024; // writev(2), IOV_MAX
const STDIN = 0;
const STDOUT = 1;

/** Copies standard input to standard output with these secrets masked. With `exact`, their other forms are not. */
export function maskInput(secrets: readonly Secret[], exact: boolean): void {
  maskStream(exact ? exactNeedles(secrets.map(({ value }) => value)) : needlesOf(secrets));
}

/**
 * Copies standard input to standard output with the needles masked. It reads and writes synchronously: nothing is ever queued, so if the
 * process is killed, only the text that it holds back is lost.
 *
 * @param endMark bytes that end the stream wherever they appear
 */
export function maskStream(needles: Iterable<string | Buffer>, endMark?: string): void {
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
  // What looked like the beginning of the mark turned out to be text.
  if (untilMark !== undefined) writeAll(redactor.write(untilMark.held()));
  writeAll(redactor.end());
}

/** Cuts the stream at the mark, and holds back what could be its beginning. */
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
