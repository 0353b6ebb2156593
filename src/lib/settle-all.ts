/**
 * Waits until every promise has settled, so that nothing is still running when one of them has failed. If several fail, the first in
 * argument order is thrown (docs/decisions/0003).
 */
export async function settleAll<Results extends unknown[]>(
  ...work: { [Index in keyof Results]: Promise<Results[Index]> }
): Promise<Results> {
  await Promise.allSettled(work);
  return Promise.all(work) as Promise<Results>;
}
