/** The service's time. Its clock decides when a key expires, and the runner's may be minutes off. */
export interface ServerClock {
  /** milliseconds since 1970 */
  now(): number;
  /** how far the runner's clock is ahead of the service's, in milliseconds; `undefined` before the first answer */
  difference(): number | undefined;
  /** @param date the `Date` header of an answer (RFC 9110 section 6.6.1), exact to the second */
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
