/**
 * Keeps the process alive when nobody reads its messages (EPIPE) or when the disk behind them is full (ENOSPC), so that it can still clean
 * up. Every entry file calls this first.
 */
export function surviveOutputErrors(): void {
  process.stderr.on("error", () => {});
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE" && error.code !== "EOF") process.exitCode ||= 1; // Windows reports EPIPE as EOF.
  });
}

/** Waits until everything written to stdout and stderr has left this process. */
export async function flushOutput(): Promise<void> {
  const flush = (stream: NodeJS.WriteStream) => new Promise((done) => stream.write("", done));
  await Promise.all([flush(process.stdout), flush(process.stderr)]);
}
