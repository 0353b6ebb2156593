import leven from "leven";
import { printable } from "./printable.ts";

const SHOWN = 3;
const MIN_BEGINNING = 4;

/**
 * ` Did you mean DB_PASSWORD?`, or nothing when no candidate is near what was written. Near are, of a pattern as of a name, those that differ
 * by a few characters; if there are none, those of which one begins with the other.
 */
export function didYouMean(written: string, candidates: Iterable<string>): string {
  const names = [...new Set(candidates)];
  const near = closestTo(written.toLowerCase(), names);
  const found = near.length > 0 ? near : names.filter((name) => sharesBeginning(written, name));
  if (found.length === 0) return "";
  const shown = found.slice(0, SHOWN).map((name) => printable(name));
  return ` Did you mean ${shown.join(" or ")}?`;
}

/** The name with the fewest differences; of a pattern, all such names, and only the text before its first special character counts. */
function closestTo(written: string, candidates: readonly string[]): string[] {
  const [literal = ""] = /^[^*?[]*/.exec(written) ?? [];
  const isPattern = literal !== written;
  const limit = Math.min(3, Math.floor(literal.length / 3));
  let best: string[] = [];
  let least = limit;
  for (const name of candidates) {
    const compared = isPattern ? name.slice(0, literal.length) : name;
    if (Math.abs(compared.length - literal.length) > limit) continue;
    const distance = leven(literal, compared.toLowerCase(), { maxDistance: limit + 1 });
    if (distance > least || (isPattern && distance === 0)) continue;
    if (distance < least) best = [];
    best.push(name);
    least = distance;
  }
  return isPattern ? best : best.slice(0, 1);
}

function sharesBeginning(written: string, name: string): boolean {
  const [one, other] = [written.toLowerCase().replace(/[*?[].*$/, ""), name.toLowerCase()];
  const least = Math.min(one.length, other.length);
  return least >= MIN_BEGINNING && (one.startsWith(other) || other.startsWith(one));
}
