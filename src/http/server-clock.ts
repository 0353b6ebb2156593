/** What time it is for the service, whose clock decides when a key expires: the runner's own may be off by minutes. */
export interface ServerClock {
  /** milliseconds since 1970 */
  now(): number;
  /** how far the runner's clock is ahead of the service's, in milliseconds; `undefined` before the first answer */
  difference(): number | undefined;
  /** @param date an answer's `Date` (RFC 9110 section 6.6.1), right to the second */
  observe(date: string | undefined): void;
}

export function createServerClock(): ServerClock {
  let difference: number | undefined;
  return {
    now: () => Date.now() - (difference ?? 0),
    difference: () => difference,
    observe: (date) => {
      const served = Date.parse(date ?? "");
      if (!Number.isNaN(served)) difference = Date.now() - served;
    },
  };
}
