/** The server's clock: real time, plus the amount by which a test has moved it. */
export interface Clock {
  now(): Date;
  advance(milliseconds: number): void;
}

export function createClock(): Clock {
  let offset = 0;
  return {
    now: () => new Date(Date.now() + offset),
    advance: (milliseconds) => {
      offset += milliseconds;
    },
  };
}
