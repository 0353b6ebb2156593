import type { ServerClock } from "../http/server-clock.ts";

const NOTICED_SECONDS = 5;

/** Whether this machine's clock and that of the other side agree, in words. */
export function describeClocks(clock: Pick<ServerClock, "difference">): string {
  const seconds = Math.round((clock.difference() ?? 0) / 1000);
  return Math.abs(seconds) < NOTICED_SECONDS ? "the clocks agree" : describeDifference(seconds);
}

function describeDifference(seconds: number): string {
  return `the runner's clock is ${Math.abs(seconds)} s ${seconds > 0 ? "ahead" : "behind"}, so expiry times are the service's`;
}
