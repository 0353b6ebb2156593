/**
 * Makes foreign text (a name from the server, a path) safe to print. Only characters that mean nothing to a CI log survive: `::set-env`,
 * `##vso[`, ANSI escapes and line breaks are workflow commands or terminal control in disguise. So `[`, a `#` or a space that repeats (a row of spaces wraps into a line of its own), a colon that
 * comes first or repeats, and everything outside printable ASCII become `\u{hex}`.
 *
 * @param limit characters to show before the text is cut off with `…`
 */
export function printable(text: string, limit = 120): string {
  if (text === "") return '""';
  const shown = Array.from(text.slice(0, limit))
    .map((character, index, all) =>
      isHarmless(character, all[index - 1]) ? character : escapeCharacter(character),
    )
    .join("");
  return text.length > limit ? `${shown}…` : shown;
}

function isHarmless(character: string, previous: string | undefined): boolean {
  if (character === ":") return previous !== undefined && previous !== ":";
  if (character === "#" || character === " ") return previous !== character;
  return /[\w .,/\\()@+=~<>?!'"*&-]/.test(character);
}

function escapeCharacter(character: string): string {
  return `\\u{${character.codePointAt(0)?.toString(16)}}`;
}

/** How many names or lines a message lists. */
export const LISTED = 20;

/** `a, b and 3 more`: names for a message, safe to print and limited in number. */
export function listNames(names: readonly string[], limit = LISTED): string {
  const shown = names.slice(0, limit).map((name) => printable(name));
  const more = names.length - shown.length;
  return more > 0 ? `${shown.join(", ")} and ${more} more` : shown.join(", ");
}

/** One line for each item, limited in number. What is not listed is not described, because describing can be slow. */
export function listLines<Item>(items: readonly Item[], describe: (item: Item) => string): string {
  const more = items.length - LISTED;
  return [...items.slice(0, LISTED).map(describe), ...(more > 0 ? [`- and ${more} more`] : [])].join("\n");
}

/** `1 minute`, `2 minutes` */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
