/**
 * Waits for all, so that nothing is still under way when one has failed; of several failures the first in order counts
 * (docs/decisions/0003).
 */
export async function together<Results extends unknown[]>(
  ...work: { [Index in keyof Results]: Promise<Results[Index]> }
): Promise<Results> {
  await Promise.allSettled(work);
  return Promise.all(work) as Promise<Results>;
}
