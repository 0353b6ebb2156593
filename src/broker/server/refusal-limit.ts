import { networkOf } from "./client-address.ts";

const WINDOW_SECONDS = 60;
const MOST_NETWORKS = 10_000;
/** Of all addresses together. Each refusal is a row in the audit log, and nobody has to prove anything to be refused. */
const MOST_TOGETHER = 1000;

/**
 * Counts refusals of requests whose token was not verified, by address. Runners share addresses, so neither a good request nor one of a known job
 * is ever held against one.
 *
 * @param most of one address in a minute
 * @param now seconds; a clock that only goes forward
 * @returns counts one refusal, and says whether it is one too many
 */
export function createRefusalLimit(most: () => number, now: () => number): (address: string) => boolean {
  let counts = new Map<string, number>();
  let all = 0;
  let startedAt = now();
  return (address) => {
    if (now() - startedAt >= WINDOW_SECONDS) {
      counts = new Map();
      all = 0;
      startedAt = now();
    }
    const network = networkOf(address);
    // Beyond as many networks as that, all new ones share one count: the table does not grow with whoever attacks.
    const key = counts.size < MOST_NETWORKS || counts.has(network) ? network : "others";
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    all += 1;
    return count > most() || all > Math.max(MOST_TOGETHER, most());
  };
}
