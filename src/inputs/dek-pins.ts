import { listNames } from "../lib/printable.ts";
import type { InputReader } from "./reader.ts";

const MIN_DIGITS = 32; // Nobody finds a second key with the same 128 bits.

/**
 * Parses `dek-fingerprint`: one fingerprint, or `environment=fingerprint` for each environment. Fingerprints of environments that are not
 * pulled are allowed, so that one list can serve many jobs; an environment that is pulled must be in it.
 */
export function parseDekPins({
  list,
  check,
}: InputReader<"dek-fingerprint" | "environment">): ReadonlyMap<string, string> {
  const environments = list("environment");
  const isFingerprint = (text: string) => /^[0-9a-f]{1,64}$/i.test(text) && text.length >= MIN_DIGITS;
  const items = list(
    "dek-fingerprint",
    (item) => isFingerprint(item.slice(item.lastIndexOf("=") + 1)),
    `expected the 64 hexadecimal digits that doctor shows, or at least ${MIN_DIGITS} of them, after environment= if there are several`,
  );
  const pins = new Map(
    items.map((item) => {
      const at = item.lastIndexOf("=");
      const environment =
        at < 0 && environments.length === 1 ? (environments[0] ?? "") : item.slice(0, Math.max(at, 0));
      return [environment, item.slice(at + 1).toLowerCase()];
    }),
  );
  const unpinned = items.length === 0 ? [] : environments.filter((environment) => !pins.has(environment));
  check(
    "dek-fingerprint",
    unpinned.length === 0,
    `has no fingerprint for ${listNames(unpinned)}: write environment=fingerprint`,
  );
  check("dek-fingerprint", pins.size === items.length, "names one environment twice");
  return pins;
}
