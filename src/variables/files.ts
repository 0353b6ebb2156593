import { didYouMean } from "../lib/did-you-mean.ts";
import { StashError } from "../lib/errors.ts";
import { listLines, printable } from "../lib/printable.ts";
import type { Secret } from "../lib/secret.ts";

/** What a rule of `files` says about the content of a file. */
export interface ContentRule {
  line: number;
  name: string;
  isOptional: boolean;
  isBase64: boolean;
}

/** What becomes a file. */
export interface Content<Rule> {
  rule: Rule;
  bytes: Buffer;
  /** the bytes in the form in which logs can show them, if that is not the value itself */
  shown: Secret | undefined;
}

/**
 * Takes the content of files from variables.
 *
 * @throws {StashError} `RULES_UNMATCHED` for a variable that is missing, `VALUES_REFUSED` for one that is not base64 but ought to be. Each names
 *   all of them
 */
export function takeContents<Rule extends ContentRule>(
  variables: ReadonlyMap<string, string>,
  rules: readonly Rule[],
): Content<Rule>[] {
  const missing = rules.filter(({ name, isOptional }) => !isOptional && !variables.has(name));
  if (missing.length > 0) {
    const lines = listLines(
      missing,
      ({ line, name }) => `- line ${line}, ${printable(name)}${didYouMean(name, variables.keys())}`,
    );
    throw new StashError(
      "RULES_UNMATCHED",
      `Nothing was exported, because files names variables that were not pulled:\n${lines}\nfiles takes names as they are after renaming. ` +
        "Add them to variables, correct the name, or end it with ? if the variable may be missing.",
    );
  }
  const found = rules.filter(({ name }) => variables.has(name));
  const contents = found.map((rule) => contentOf(rule, variables.get(rule.name) ?? ""));
  const broken = contents.filter(({ bytes }) => bytes === undefined).map(({ rule }) => rule);
  if (broken.length === 0) return contents as Content<Rule>[];
  const lines = listLines(broken, ({ line, name }) => `- line ${line}, ${printable(name)}`);
  throw new StashError(
    "VALUES_REFUSED",
    `Nothing was written or exported, because files says base64 for values that are not base64:\n${lines}\n` +
      "Store the output of base64 FILE, or take base64 out of the rule.",
  );
}

function contentOf<Rule extends ContentRule>(rule: Rule, value: string) {
  if (!rule.isBase64) return { rule, bytes: Buffer.from(value), shown: undefined };
  const bytes = decodeBase64(value);
  const text = bytes && showBytes(bytes);
  return { rule, bytes, shown: text && { name: rule.name, value: text } };
}

/** In either alphabet, with line breaks and with or without padding (RFC 4648 sections 3.1, 3.2 and 5); `undefined` for anything else. */
function decodeBase64(value: string): Buffer | undefined {
  const text = value.replaceAll(/\s/g, "").replaceAll("-", "+").replaceAll("_", "/");
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
  const digits = text.replace(/=+$/, "");
  const isPadded = digits === text || text.length % 4 === 0;
  const bytes = Buffer.from(digits, "base64");
  // Ordinary words consist of these characters, too, but seldom end in bits that are zero (RFC 4648 section 3.5).
  return isPadded && bytes.toString("base64").replace(/=+$/, "") === digits ? bytes : undefined;
}

/** As text, whose lines are masked one by one; what is not text, as base64 in one line. */
function showBytes(bytes: Buffer): string {
  const text = bytes.toString("utf8");
  return text.includes("\0") || !Buffer.from(text).equals(bytes) ? bytes.toString("base64") : text;
}
