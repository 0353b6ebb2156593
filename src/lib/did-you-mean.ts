import leven from "leven";
import { printable } from "./printable.ts";

/** ` Did you mean DB_PASSWORD?`, or nothing when no candidate is close to what was written. */
export function didYouMean(written: string, candidates: Iterable<string>): string {
  const limit = Math.min(3, Math.floor(written.length / 3));
  const close = closestMatch(written.toLowerCase(), candidates, limit);
  return close === undefined ? "" : ` Did you mean ${printable(close)}?`;
}

function closestMatch(written: string, candidates: Iterable<string>, limit: number): string | undefined {
  let best: { name: string; distance: number } | undefined;
  for (const name of candidates) {
    if (Math.abs(name.length - written.length) > limit) continue;
    const distance = leven(written, name.toLowerCase(), { maxDistance: limit + 1 });
    if (distance <= limit && distance < (best?.distance ?? Number.POSITIVE_INFINITY))
      best = { name, distance };
  }
  return best?.name;
}
