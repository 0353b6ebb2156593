import { base64Inside, toStandardAlphabet } from "../encoded-forms.ts";

// Shorter encodings cannot be told from ordinary text: masking `NQ` would hide half of a log.
const MIN_BASE64 = 5;
const MIN_PIECE = 4;
export const MIN_HEX_BYTES = 4;

// The columns at which `openssl base64` and base64(1) break lines, and the bytes in a line of `xxd -p` and od(1).
const BASE64_COLUMNS = [64, 76];
const XXD_BYTES = 30;
const OD_BYTES = 16;

// Longer texts have so many lines that the strings to find them would slow the whole log down.
const MAX_WRAPPED = 4 * 1024;
const MAX_DUMPED = 64;

/**
 * Base64 and base64url inside a longer text, and the lines of wrapped base64.
 *
 * 1. Of each alignment, take the characters that the text determines by itself, because what follows is often a newline
 *    (`echo $VALUE | base64`).
 * 2. Leave out the first alignment if the runner's own form has no padding, and so matches inside a longer text, too. At the other ones the
 *    runner's forms lack the first bytes.
 * 3. Cut the first alignment where either program breaks lines. The pieces touch where they are printed without line breaks, so they
 *    replace the whole.
 * 4. Base64url is not wrapped. Register it if it differs.
 *
 * @param options `isRegistered`: whether the runner knows the text itself, so that it derives forms of its own; `isWrapped`: whether step 3
 *   is wanted
 */
export function base64Masks(
  text: string,
  { isRegistered = true, isWrapped = true, alignments = [0, 1, 2] } = {},
): string[] {
  const bytes = Buffer.from(text);
  const isPadded = bytes.length % 3 !== 0;
  return alignments.flatMap((alignment) => {
    const url = base64Inside(bytes, alignment); // 1
    if (url.length < MIN_BASE64) return [];
    const standard = toStandardAlphabet(url);
    const pieces =
      isWrapped && alignment === 0 && bytes.length <= MAX_WRAPPED ? cutAtColumns(standard) : [standard]; // 3
    const known = isRegistered && !isPadded && alignment === 0 && pieces.length === 1; // 2
    return [...(known ? [] : pieces), ...(url === standard ? [] : [url])]; // 4
  });
}

function cutAtColumns(base64: string): string[] {
  const cuts = new Set([base64.length]);
  for (const width of BASE64_COLUMNS) for (let at = width; at < base64.length; at += width) cuts.add(at);
  let from = 0;
  const pieces: string[] = [];
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    pieces.push(base64.slice(from, cut));
    from = cut;
  }
  return pieces.filter((piece) => piece.length >= MIN_PIECE);
}

/** Hex in both cases, with colons and with spaces between the bytes, and the lines of `xxd -p` and od(1). */
export function hexMasks(text: string): string[] {
  const bytes = Buffer.from(text);
  if (bytes.length < MIN_HEX_BYTES) return [];
  const hex = bytes.toString("hex");
  const lines = (size: number) => (bytes.length <= MAX_DUMPED ? cutInLines(hex, 2 * size) : [hex]);
  return [
    ...lines(XXD_BYTES),
    hex.toUpperCase(),
    separate(hex, ":"),
    ...lines(OD_BYTES).map((line) => separate(line, " ")),
  ];
}

function separate(hex: string, separator: string): string {
  return hex.replace(/..(?!$)/g, `$&${separator}`);
}

/** A rest that is too short to be masked alone is at least hidden where it is printed in one line with the bytes before. */
function cutInLines(hex: string, size: number): string[] {
  const lines: string[] = [];
  for (let from = 0; from < hex.length; from += size) {
    const isRest = hex.length - from < 2 * MIN_HEX_BYTES;
    lines.push(hex.slice(isRest ? from - size : from, from + size));
  }
  return lines;
}
