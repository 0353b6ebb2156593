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
    "memcached database file files array sync stack single daily cookie session cache queue",
    "utf8 utf-8 utf8mb4 utf8mb4_unicode_ci json plain text build deploy release docker linux ubuntu github gitlab laravel",
  ].flatMap((words) => words.split(" ")),
);

/**
 * Names whose masked values are ordinary text, or have a part that is, every occurrence of which becomes `***` in the log.
 *
 * @param leavesOf the parts of a value that are masked by themselves
 */
export function namesMaskingOrdinaryText(
  { masked }: Masking,
  leavesOf: (value: string) => readonly string[] = () => [],
): string[] {
  return [...masked]
    .filter(
      ([name, value]) =>
        isTold(name, value) && (isOrdinary(value.trim()) || leavesOf(value).some(isOrdinary)),
    )
    .map(([name]) => name);
}

/** Of a password, nobody is told that it is short or a common word; that there is none is no secret. */
function isTold(name: string, value: string): boolean {
  const isSecret = /(^|_)(PASS|PASSWORD|PASSWD|PWD|SECRET|TOKEN|KEY|PIN|CREDENTIALS?|AUTH)(_|$)/i.test(name);
  return !isSecret || /^(null|none|true|false)$/i.test(value.trim());
}

function isOrdinary(text: string): boolean {
  return text !== "" && (text.length < MIN_UNCOMMON || commonWords.has(text.toLowerCase()));
}
