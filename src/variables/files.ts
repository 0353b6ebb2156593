import type { FileRequest } from "../inputs/files.ts";
import { didYouMean } from "../lib/did-you-mean.ts";
import { StashError } from "../lib/errors.ts";
import { listLines, printable } from "../lib/printable.ts";
import type { Secret } from "../lib/secret.ts";

/** What becomes a file. */
export interface Content {
  rule: FileRequest;
  bytes: Buffer;
  /** the forms in which logs and files can show the bytes, besides those of the value itself */
  shown: Secret[];
}

/**
 * Takes the content of files from variables.
 *
 * @throws {StashError} `RULES_UNMATCHED` for a variable that is missing, `VALUES_REFUSED` for one that is not base64 but ought to be. Each names
 *   all of them
 */
export function takeContents(
  variables: ReadonlyMap<string, string>,
  rules: readonly FileRequest[],
): Content[] {
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
  if (broken.length === 0) return contents as Content[];
  const lines = listLines(broken, ({ line, name }) => `- line ${line}, ${printable(name)}`);
  throw new StashError(
    "VALUES_REFUSED",
    `Nothing was written or exported, because files says base64 for values that are not base64:\n${lines}\n` +
      "Store the output of base64 FILE, or take base64 out of the rule.",
  );
}

function contentOf(rule: FileRequest, value: string) {
  if (!rule.isBase64) return { rule, bytes: Buffer.from(value), shown: [] };
  const bytes = decodeBase64(value);
  return { rule, bytes, shown: bytes === undefined ? [] : formsOf(rule.name, bytes) };
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

// Runs of printable characters in bytes from this length on are text: passwords and PEM in a file with another encoding than UTF-8.
const TEXT_RUN = /[\t\x20-\x7e]{8,}/g;
const BASE64_COLUMNS = [64, 76]; // openssl base64 and base64(1)
const HEX_COLUMNS = 60; // xxd -p

/**
 * Text is masked like every text. What is not clean UTF-8 can show as bytes, in base64 and hex in one line and in the columns in which
 * programs break them, and as the text that is in it.
 */
function formsOf(name: string, bytes: Buffer): Secret[] {
  const text = bytes.toString("utf8");
  if (!text.includes("\0") && Buffer.from(text).equals(bytes)) return [{ name, value: text }];
  const base64 = bytes.toString("base64");
  const hex = bytes.toString("hex");
  const encoded = [
    ...[base64, hex, hex.toUpperCase()],
    ...BASE64_COLUMNS.map((columns) => wrap(base64, columns)),
    wrap(hex, HEX_COLUMNS),
  ];
  const runs = bytes.toString("latin1").match(TEXT_RUN)?.join("\n") ?? "";
  return [
    ...encoded.map((value) => ({ name, value, form: "exact" as const })),
    { name, value: bytes.toString("latin1"), form: "bytes" },
    ...(runs === "" ? [] : [{ name, value: runs }]),
  ];
}

function wrap(text: string, columns: number): string {
  return text.match(new RegExp(`.{1,${columns}}`, "g"))?.join("\n") ?? "";
}
