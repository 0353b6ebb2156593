import { median, quantile } from "./timing.ts";

/** A target, and what was measured. It is met if the figure is at most the target; for a speed, at least. */
export interface Claim {
  what: string;
  measured: number;
  target: number;
  unit: string;
  /** more is better */
  isSpeed?: boolean;
}

export function isMet({ measured, target, isSpeed = false }: Claim): boolean {
  return isSpeed ? measured >= target : measured <= target;
}

/** Markdown. */
export function tableOfClaims(claims: readonly Claim[]): string {
  return table(
    ["what", "measured", "target", ""],
    claims.map((claim) => [
      claim.what,
      `${figure(claim.measured)} ${claim.unit}`,
      `${claim.isSpeed ? "at least" : "at most"} ${claim.target}`,
      isMet(claim) ? "met" : "**not met**",
    ]),
  );
}

export function tableOfTimes(times: ReadonlyMap<string, readonly number[]>): string {
  const [bare = 1] = [...times.values()].map(median);
  return table(
    ["what", "median ms", "min", "p90", "max", "times bare Node"],
    [...times].map(([name, values]) => [
      name,
      ...[median(values), Math.min(...values), quantile(values, 0.9), Math.max(...values)].map((value) =>
        value.toFixed(0),
      ),
      (median(values) / bare).toFixed(1),
    ]),
  );
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

export function figure(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(Math.abs(value) < 1 ? 2 : 1);
}
