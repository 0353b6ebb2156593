/** How many milliseconds the work took. */
export function timeOf(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

export interface Turn {
  name: string;
  before?: () => unknown;
  run: () => unknown;
}

/** Measures candidates in turns, so that a busy machine slows all of them, after one round that does not count. @returns milliseconds, by name */
export async function takeTurns(turns: readonly Turn[], rounds: number): Promise<Map<string, number[]>> {
  const times = new Map<string, number[]>(turns.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const { name, before, run } of turns) {
      await before?.();
      const start = performance.now();
      await run();
      if (round > 0) times.get(name)?.push(performance.now() - start);
    }
  }
  return times;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** By nearest rank. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}
