import { networkOf } from "./client-address.ts";

const WINDOW_SECONDS = 60;
const MOST_NETWORKS = 10_000;
/** Of all addresses together. Each refusal is a row in the audit log, and nobody needs anybody's leave to be refused. */
const MOST_TOGETHER = 1000;

/**
 * Counts refusals, by address, of jobs that no rule grants anything. A valid token does not help: everybody can have one, of a repository of their
 * own. Runners share addresses, so a job that a rule does grant something is never held back.
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
