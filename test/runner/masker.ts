/** The runner's secret masker, written from docs/runner.md and checked against it by a test of its own. */
export interface Masker {
  /** `::add-mask::`, already unescaped. Returns the runner's warning, if it gives one. */
  add(value: string): string | undefined;
  mask(line: string): string;
  /** every string that is looked for */
  strings(): string[];
}

export function createMasker(): Masker {
  const originals = new Set<string>();
  const registered = createIndex();
  const register = (text: string) => {
    if (text === "" || originals.has(text)) return;
    originals.add(text);
    for (const form of [text, ...derivedForms(text)]) registered.add(form);
  };
  return {
    add: (value) => {
      if (value.trim() === "") return "Can't add secret mask for empty string in ##[add-mask] command.";
      register(value);
      for (const line of value.split(/[\r\n]/)) register(line.trim());
      return undefined;
    },
    mask: (line) => replaceRanges(line, mergeRanges(registered.findAll(line))),
    strings: registered.all,
  };
}

/** src/Sdk/DTLogging/Logging/ValueEncoders.cs, in the order in which HostContext registers them. */
function derivedForms(text: string): string[] {
  const bytes = Buffer.from(text);
  const shifted = (by: number) => (bytes.length > by ? bytes.subarray(by) : bytes).toString("base64");
  return [
    bytes.toString("base64"),
    shifted(1),
    shifted(2),
    text.replaceAll('"', '\\"'),
    text.replaceAll("'", "''"),
    JSON.stringify(text).slice(1, -1),
    escapeUriData(text),
    escapeXml(text),
    text.length > 8 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : "",
    ...ampersandParts(text),
  ];
}

/** .NET's `Uri.EscapeDataString`: all but RFC 3986's unreserved characters. */
function escapeUriData(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** .NET's `SecurityElement.Escape`. */
function escapeXml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&apos;");
}

/** PowerShell colours what follows `&`, so the parts around it are secrets too, from six characters up. */
function ampersandParts(text: string): string[] {
  if (!text.includes("&")) return [];
  const plus = text.indexOf("&+");
  const last = text.lastIndexOf("&");
  const [before, after] =
    plus >= 0
      ? [text.slice(0, plus + 2), text.slice(plus + 3)]
      : [text.slice(0, last + 1), text.slice(last + 1)];
  return [before, after].filter((part) => part.length >= 6);
}

type Range = readonly [start: number, end: number];

const PREFIX = 4;

/** Strings by their first characters, so that a hundred thousand of them are not all searched for in every line. */
function createIndex(): { add(text: string): void; findAll(line: string): Range[]; all(): string[] } {
  const byPrefix = new Map<string, Set<string>>();
  const lengths = new Set<number>();
  return {
    all: () => [...byPrefix.values()].flatMap((texts) => [...texts]),
    add: (text) => {
      if (text === "") return;
      const prefix = text.slice(0, PREFIX);
      lengths.add(prefix.length);
      const others = byPrefix.get(prefix);
      if (others === undefined) byPrefix.set(prefix, new Set([text]));
      else others.add(text);
    },
    findAll: (line) => {
      const ranges: Range[] = [];
      for (let at = 0; at < line.length; at += 1) {
        for (const length of lengths) {
          for (const text of byPrefix.get(line.slice(at, at + length)) ?? []) {
            if (text.slice(0, PREFIX).length === length && line.startsWith(text, at)) {
              ranges.push([at, at + text.length]);
            }
          }
        }
      }
      return ranges;
    },
  };
}

/** Overlapping and touching ranges are one. */
function mergeRanges(ranges: Range[]): Range[] {
  const merged: Range[] = [];
  for (const [start, end] of ranges.sort((a, b) => a[0] - b[0])) {
    const last = merged.at(-1);
    if (last && start <= last[1]) merged[merged.length - 1] = [last[0], Math.max(last[1], end)];
    else merged.push([start, end]);
  }
  return merged;
}

function replaceRanges(line: string, ranges: readonly Range[]): string {
  let result = "";
  let from = 0;
  for (const [start, end] of ranges) {
    result += `${line.slice(from, start)}***`;
    from = end;
  }
  return result + line.slice(from);
}
