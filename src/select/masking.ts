import { compileGlob } from "./glob.ts";

/** What is hidden in the log and what is not, by the names that later steps see. */
export interface Masking {
  masked: Map<string, string>;
  unmasked: Map<string, string>;
}

/** Everything is masked but what matches `unmasked`, and values shorter than `minLength` characters. */
export function chooseMasked(
  variables: ReadonlyMap<string, string>,
  { unmasked, minLength }: { unmasked: readonly string[]; minLength: number },
): Masking {
  const patterns = unmasked.map(compileGlob);
  const masking: Masking = { masked: new Map(), unmasked: new Map() };
  for (const [name, value] of variables) {
    const isShown = value.length < minLength || patterns.some((pattern) => pattern?.test(name));
    masking[isShown ? "unmasked" : "masked"].set(name, value);
  }
  return masking;
}

const commonWords = new Set([
  "true",
  "false",
  "yes",
  "no",
  "on",
  "off",
  "null",
  "none",
  "test",
  "testing",
  "local",
  "debug",
  "info",
  "production",
  "development",
  "staging",
  "localhost",
  "utf-8",
  "http",
  "https",
]);

/** Names whose masked values are ordinary text: each of their occurrences in the log becomes `***`. */
export function masksOfOrdinaryText({ masked }: Masking): string[] {
  return [...masked]
    .filter(
      ([, value]) => /^(.|\d{1,3})$/su.test(value.trim()) || commonWords.has(value.trim().toLowerCase()),
    )
    .map(([name]) => name);
}

/**
 * Unmasked names whose value contains a masked one, which stays hidden. By looking up the pieces of the few unmasked values,
 * once for each length a masked value has, not by trying every masked value on every unmasked one.
 */
export function partlyMasked({ masked, unmasked }: Masking): string[] {
  const secrets = new Set([...masked.values()].filter((value) => value.trim() !== ""));
  const lengths = [...new Set([...secrets].map(({ length }) => length))];
  return [...unmasked]
    .filter(([, value]) => lengths.some((length) => holdsPiece(value, length, secrets)))
    .map(([name]) => name);
}

function holdsPiece(value: string, length: number, secrets: ReadonlySet<string>): boolean {
  for (let at = 0; at + length <= value.length; at += 1) {
    if (secrets.has(value.slice(at, at + length))) return true;
  }
  return false;
}
