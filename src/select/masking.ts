import { createNameMatcher } from "./patterns.ts";

/** Which values the log hides and which it shows, by the names that later steps see. */
export interface Masking {
  masked: Map<string, string>;
  unmasked: Map<string, string>;
  /** the input `unmasked` */
  patterns: readonly string[];
}

/**
 * Chooses what to mask: everything except names that match `unmasked` and values shorter than `minMaskLength` characters. An empty value
 * is in neither map.
 */
export function chooseMasked(
  variables: ReadonlyMap<string, string>,
  { unmasked, minMaskLength }: { unmasked: readonly string[]; minMaskLength: number },
): Masking {
  const matchesOf = createNameMatcher(unmasked);
  const masking: Masking = { masked: new Map(), unmasked: new Map(), patterns: unmasked };
  for (const [name, value] of variables) {
    if (value === "") continue;
    const isShown = value.length < minMaskLength || matchesOf(name).length > 0;
    masking[isShown ? "unmasked" : "masked"].set(name, value);
  }
  return masking;
}

// Shorter values are in every log by chance.
const MIN_UNCOMMON = 4;

// Words of three letters and fewer count anyway.
const commonWords = new Set(
  [
    "true false null none auto default enabled disabled empty",
    "test testing local debug info notice warning error critical verbose trace",
    "production development staging preview prod main master latest stable public private",
    "localhost admin root user guest node http https smtp ssmtp mail mysql mariadb pgsql postgres postgresql sqlite redis",
    "memcached database file files array sync stack single daily cookie session cache queue null log",
    "utf8 utf-8 utf8mb4 utf8mb4_unicode_ci json plain text build deploy release docker linux ubuntu github gitlab laravel",
  ].flatMap((words) => words.split(" ")),
);

/** Names whose masked values are ordinary text, every occurrence of which becomes `***` in the log. */
export function namesMaskingOrdinaryText({ masked }: Masking): string[] {
  return [...masked].filter(([, value]) => isOrdinary(value.trim())).map(([name]) => name);
}

function isOrdinary(text: string): boolean {
  return text !== "" && (text.length < MIN_UNCOMMON || commonWords.has(text.toLowerCase()));
}

const PREFIX = 6;

/**
 * Unmasked names whose value contains one of the masks, or a line of one, so that this part is hidden anyway. Masks are looked up by their first characters,
 * so that not every mask is searched for in every value.
 */
export function partlyMasked({ unmasked }: Masking, masks: Iterable<string>): string[] {
  if (unmasked.size === 0) return [];
  const lines = [...masks].flatMap((mask) => mask.split(/[\r\n]+/)).filter((line) => line.trim() !== "");
  const byPrefix = Map.groupBy(lines, (mask) => mask.slice(0, PREFIX));
  const lengths = [...new Set([...byPrefix.keys()].map(({ length }) => length))];
  const holdsMask = (value: string) => {
    for (let at = 0; at < value.length; at += 1) {
      for (const length of lengths) {
        const candidates = byPrefix.get(value.slice(at, at + length));
        if (candidates?.some((mask) => value.startsWith(mask, at))) return true;
      }
    }
    return false;
  };
  return [...unmasked].filter(([, value]) => holdsMask(value)).map(([name]) => name);
}
