/**
 * Messages that nobody reads (EPIPE) or that find no room (ENOSPC) must not end the process before it has cleaned up. Every entry file calls
 * this first.
 */
export function surviveOutputErrors(): void {
  process.stderr.on("error", () => {});
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE" && error.code !== "EOF") process.exitCode ||= 1; // EOF: EPIPE on Windows
  });
}

/** Waits until all that was written to it has left this process. */
export async function written(stream: NodeJS.WriteStream): Promise<void> {
  await new Promise((done) => stream.write("", done));
}
