/** Formats one JSON object (RFC 8259), pretty-printed. */
export function formatJson(variables: ReadonlyMap<string, string>): string {
  return `${JSON.stringify(Object.fromEntries(variables), null, 2)}\n`;
}
