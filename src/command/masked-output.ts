import { once } from "node:events";
import type { Readable } from "node:stream";
import { StashError, systemCode } from "../lib/errors.ts";
import { createRedactor } from "../redact/redactor.ts";

// Processes that the command left in the background may hold its output open. After its end, this much silence is enough.
const SILENCE_MS = 500;
// A process that never falls silent is waited for no longer than this.
const LINGER_MS = 5000;

const LINE_FEED = 10;

/**
 * Copies one output stream of a command with the needles masked, until the command has ended and the stream is closed or silent.
 *
 * @param ended settles when the command has ended
 * @returns whether the last line is complete, as it is if there was none
 * @throws {StashError} `COMMAND_FAILED` if the output cannot be written
 */
export async function showMasked(
  from: Readable,
  to: NodeJS.WriteStream,
  needles: ReadonlySet<string | Buffer>,
  ended: Promise<unknown>,
): Promise<boolean> {
  const redactor = createRedactor(needles);
  let silence: NodeJS.Timeout | undefined;
  let linger: NodeJS.Timeout | undefined;
  let isOver = false;
  let isCut = false;
  let fault: NodeJS.ErrnoException | undefined;
  let last = LINE_FEED;
  const cut = () => {
    isCut = true;
    from.destroy();
  };
  const awaitSilence = () => {
    clearTimeout(silence);
    // While our own reader is slow, the command is not silent.
    if (isOver && !from.isPaused()) silence = setTimeout(cut, SILENCE_MS);
  };
  ended.then(() => {
    isOver = true;
    linger = setTimeout(cut, LINGER_MS);
    awaitSilence();
  }, awaitSilence);
  // The callback of the write tells that it failed. An error event could be about a message of ours, before the command wrote anything.
  const show = (pieces: readonly Buffer[], onWritten = () => {}) => {
    const bytes = Buffer.concat(pieces);
    last = bytes.at(-1) ?? last;
    return to.write(bytes, (error) => {
      if (error) {
        if (pieces.length > 0) fault ??= error;
        cut();
      }
      onWritten();
    });
  };
  from.on("data", (chunk: Buffer) => {
    if (!show(redactor.write(chunk)) && !from.destroyed) {
      from.pause();
      to.once("drain", () => {
        from.resume();
        linger?.refresh(); // A slow reader of ours gets the time that it needs.
        awaitSilence();
      });
    }
    awaitSilence();
  });
  await once(from, "close");
  clearTimeout(silence);
  clearTimeout(linger);
  // Text that is held back could be the beginning of a value whose rest was not waited for.
  const rest = isCut ? [] : redactor.end();
  await new Promise<void>((resolve) => show(rest, resolve)); // Everything before it is written then, too.
  // Either our reader has had enough, or a message of ours failed and nobody can be told anything any more.
  if (fault === undefined || ["EPIPE", "ERR_STREAM_DESTROYED"].includes(systemCode(fault)))
    return last === LINE_FEED;
  throw new StashError(
    "COMMAND_FAILED",
    `The command's output cannot be written (${systemCode(fault)}), so a part of it is lost. The disk may be full.`,
    { cause: fault },
  );
}
