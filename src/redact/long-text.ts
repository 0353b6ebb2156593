import { base64Inside, percentEncode, toStandardAlphabet } from "./encoded-forms.ts";
import { columns, printedForms } from "./printed-forms.ts";

// A thousand certificates are not rare, and each has thirty lines. Every form of every line would be a million strings to search for. Most of
// them would find nothing that fewer do not find: what is encoded as a whole contains its lines encoded.

const END = 48;

/**
 * Whether a text is a block, as a PEM file or a service account is: whatever is encoded with it, each of its lines is found by itself, but for
 * punctuation, and the last one.
 *
 * @param lines those that are not public
 * @param leastPart bytes from which a line is searched for
 */
export function isBlock(lines: readonly string[], leastPart: number): boolean {
  return (
    lines.length > 1 &&
    lines.slice(0, -1).every((line) => Buffer.byteLength(line) >= leastPart || !/[^\p{P}\p{S}\s]/u.test(line))
  );
}

/**
 * Forms of a block other than its lines: as JSON and base64 write it when it stands alone, base64 in lines of its own, and its end, if its last
 * line is too short to be found by itself.
 */
export function blockForms(text: string, lines: readonly string[], leastPart: number): string[] {
  const base64 = Buffer.from(text).toString("base64");
  const withNewline = Buffer.from(`${text}\n`).toString("base64");
  const isEndShort = Buffer.byteLength(lines.at(-1) ?? "") < leastPart;
  const ends = isEndShort ? ["\n", "\r\n", " "].map((lineBreak) => lines.slice(-2).join(lineBreak)) : [];
  return [
    JSON.stringify(text).slice(1, -1),
    base64,
    withNewline.slice(-END),
    ...[base64, withNewline].flatMap(columns),
    ...ends.flatMap((end) => [end, ...printedForms(end)]),
  ];
}

/**
 * The forms of one of many lines: what it determines of its base64 at each of the three places, hex, percent-encoding. Of a text without
 * special characters, all others are the text itself.
 */
export function lineForms(line: string): string[] {
  if (/[^A-Za-z0-9+/=_.:-]/.test(line)) return printedForms(line);
  const bytes = Buffer.from(line);
  const inside = [0, 1, 2].map((alignment) => base64Inside(bytes, alignment));
  const hex = bytes.toString("hex");
  const percent = percentEncode(line);
  const forms = [
    ...[...inside, ...inside.map(toStandardAlphabet), hex, hex.toUpperCase()],
    ...[
      percent,
      percent.replaceAll("%2F", "/"),
      percent.replace(/%[0-9A-F]{2}/g, (octet) => octet.toLowerCase()),
    ],
    line.replaceAll("/", "\\/"),
    JSON.stringify(line).slice(1, -1),
  ];
  return forms.filter((form) => form !== line);
}
