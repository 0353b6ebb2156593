import { createNameMatcher } from "./patterns.ts";
import { dangerousNames, harmless, harmlessWhenNamed } from "./refused-names.ts";

/** Whether a name is an environment variable for every shell (POSIX.1-2024, 8.1). */
export function isPortableName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
}

/**
 * What a variable of this name could do to later steps: take them over, redirect what they send or load, or nothing. Case does not matter,
 * because Windows and the runner ignore it, and npm and curl read names in lower case.
 */
export function dangerOf(name: string): "takes over" | "redirects" | undefined {
  const folded = name.toUpperCase();
  if (!isDangerous(folded) || isHarmless(folded)) return undefined;
  return isHarmlessWhenNamed(folded) ? "redirects" : "takes over";
}

const isDangerous = matcherOf(dangerousNames);
const isHarmless = matcherOf(harmless);
const isHarmlessWhenNamed = matcherOf(harmlessWhenNamed);

function matcherOf(rows: readonly string[]): (name: string) => boolean {
  const matchesOf = createNameMatcher(rows.flatMap((row) => row.split(" ")));
  return (name) => matchesOf(name).length > 0;
}
