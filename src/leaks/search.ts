import { printable } from "../lib/printable.ts";
import type { Secret } from "../lib/secret.ts";
import { createMatcher, type Matcher } from "../redact/matcher.ts";
import { needlesOf } from "../redact/needles.ts";
import { createRedactor } from "../redact/redactor.ts";
import { describeForm } from "./form.ts";

/** Below these sizes, in bytes, a value or a line of one is ordinary text, which is in every other file. */
export const leakLimits = { value: 8, part: 16 };

/** What a leak check looks for, and what it can say about what it finds. */
export interface LeakSearch {
  matcher: Matcher;
  /** bytes of the longest needle */
  longest: number;
  /** The secret that these bytes belong to, and the form in which they show it. */
  identify(found: Buffer): { name: string; form: string };
  /** A path that is safe to print. It can hold a value, too. */
  showPath(path: string): string;
}

/**
 * Prepares a search for secrets in every form that jobs print them in. The needles of 10,000 secrets take seconds to derive, so it is
 * derived once from which secret each needle comes.
 */
export function prepareSearch(secrets: readonly Secret[]): LeakSearch {
  const owners = new Map<string, Secret>();
  const bytes = new Map<string, { needle: Buffer; secret: Secret }>();
  for (const secret of secrets) {
    for (const needle of needlesOf([secret], leakLimits)) {
      if (typeof needle !== "string") bytes.set(needle.toString("latin1"), { needle, secret });
      else if (!owners.has(needle)) owners.set(needle, secret);
    }
  }
  const needles = [...owners.keys(), ...Array.from(bytes.values(), ({ needle }) => needle)];
  let longest = 0;
  for (const needle of needles) longest = Math.max(longest, Buffer.byteLength(needle));
  const matcher = createMatcher(needles);
  const redactor = createRedactor(needles, matcher);
  return {
    matcher,
    longest,
    identify: (found) => {
      const owner = owners.get(found.toString());
      const content = bytes.get(found.toString("latin1"));
      if (content !== undefined) return { name: content.secret.name, form: "as bytes" };
      if (owner === undefined) return { name: "a value", form: "in pieces" };
      return { name: owner.name, form: describeForm(found, owner.value) };
    },
    showPath: (path) => {
      const shown = Buffer.concat([...redactor.write(Buffer.from(path)), ...redactor.end()]);
      return printable(shown.toString(), 500);
    },
  };
}
