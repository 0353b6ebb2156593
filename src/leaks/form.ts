/** Describes the form in which a value was found. */
export function describeForm(found: Buffer, value: string): string {
  const text = found.toString("utf8");
  if (text === value.trim() || text === value) return "as it is";
  if (value.includes(text)) return "a part as it is";
  const holds = (decoded: string) => decoded.length >= 3 && value.includes(decoded);
  if (
    /^[0-9a-f:\s]+$/i.test(text) &&
    holds(Buffer.from(text.replaceAll(/[:\s]/g, ""), "hex").toString("utf8"))
  ) {
    return "hex";
  }
  // Base64 from within a longer text can begin in the middle of a character.
  const inside = Buffer.from(text.replaceAll(/\s/g, ""), "base64").toString("latin1");
  if (
    /^[\w+/=\s-]+$/.test(text) &&
    Buffer.from(value).toString("latin1").includes(inside) &&
    inside.length >= 3
  ) {
    return "base64";
  }
  if (/%[0-9a-f]{2}/i.test(text)) return "percent-encoded";
  return "quoted or encoded";
}
