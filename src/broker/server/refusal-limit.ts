const WINDOW_SECONDS = 60;
const MOST_ADDRESSES = 10_000;

/**
 * Counts refusals by address. Runners share addresses, so a good request is never held against one; but each refusal is a row in the audit log and
 * an answer that says why, and nobody needs many of those.
 *
 * @param now seconds; a clock that only goes forward
 * @returns counts one refusal, and says whether it is one too many in this minute
 */
export function createRefusalLimit(most: number, now: () => number): (address: string) => boolean {
  let counts = new Map<string, number>();
  let startedAt = now();
  return (address) => {
    if (now() - startedAt >= WINDOW_SECONDS) {
      counts = new Map();
      startedAt = now();
    }
    // Beyond as many addresses as that, all new ones share one count: the table does not grow with whoever attacks.
    const key = counts.size < MOST_ADDRESSES || counts.has(address) ? address : "others";
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return count > most;
  };
}
