import type { ServerClock } from "../http/server-clock.ts";

const NOTICED_SECONDS = 5;

/** Whether this machine's clock and that of the other side agree, in words. @param consequence of a difference */
export function describeClocks(clock: Pick<ServerClock, "difference">, consequence: string): string {
  const seconds = Math.round((clock.difference() ?? 0) / 1000);
  return Math.abs(seconds) < NOTICED_SECONDS ? "the clocks agree" : describeDifference(seconds, consequence);
}

function describeDifference(seconds: number, consequence: string): string {
  return `the runner's clock is ${Math.abs(seconds)} s ${seconds > 0 ? "ahead" : "behind"}, ${consequence}`;
}
