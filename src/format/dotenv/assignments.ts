/** An assignment in a dotenv file: where it is, and what to keep around its value. */
export interface DotenvAssignment {
  /** a BOM, indentation, `export ` */
  lead: string;
  name: string;
  /** the comment after the value, with the space before it */
  tail: string;
  start: number;
  /** before the line break */
  end: number;
}

// Finds names as npm's dotenv does, but with the flag `y`, which matches at one place only and keeps the scan linear.
const HEAD = /(\uFEFF?[ \t]*(?:export[ \t]+)?)([\w.-]+)[ \t]*(?:=|:(?=[ \t]))[ \t]*/y;
const QUOTED = /'[^']*'|"[^"\\]*(?:\\[\s\S][^"\\]*)*"|`[^`]*`/y;
const REST_OF_LINE = /[^\r\n]*/y;

/**
 * Finds the assignments of a dotenv file, line by line. A quoted value may span lines, and text inside it that looks like an assignment is
 * not one. A value whose quote is not closed at the end of a line ends with its first line.
 */
export function* findAssignments(text: string): Generator<DotenvAssignment> {
  for (let start = 0; start < text.length; ) {
    const [head, lead = "", name = ""] = matchAt(HEAD, text, start) ?? [];
    if (head === undefined) {
      start = endOfLine(text, start) + 1;
      continue;
    }
    const { end, tail } = findValueEnd(text, start + head.length);
    yield { lead, name, tail, start, end };
    start = endOfLine(text, end) + 1;
  }
}

function findValueEnd(text: string, from: number): { end: number; tail: string } {
  const quoted = matchAt(QUOTED, text, from)?.[0];
  if (quoted !== undefined) {
    const tail = restOfLine(text, from + quoted.length);
    if (/^[ \t]*(#|$)/.test(tail)) return { end: from + quoted.length + tail.length, tail: asComment(tail) };
  }
  const line = restOfLine(text, from);
  const comment = line.search(/(?<=^|[ \t])#/);
  return { end: from + line.length, tail: comment < 0 ? "" : asComment(line.slice(comment)) };
}

/** A shell would read `'value'#comment` as one word, so a space is put before the comment. */
function asComment(tail: string): string {
  const text = tail.trim();
  return text === "" ? "" : ` ${text}`;
}

function restOfLine(text: string, from: number): string {
  return matchAt(REST_OF_LINE, text, from)?.[0] ?? "";
}

function endOfLine(text: string, from: number): number {
  const lineFeed = text.indexOf("\n", from);
  return lineFeed < 0 ? text.length : lineFeed;
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
