const TOKEN = /\s*(?:("(?:[^"\\]|\\.)*")|([{}[\],:])|([^\s{}[\],:"]+))/suy;

/**
 * Parses JSON in which every reader finds the same: no key occurs twice in one object, however it is escaped (RFC 8259, section 4, leaves open which
 * of them counts), and nothing is nested deeper than `depth`.
 *
 * @throws {SyntaxError} whose message quotes nothing of the text
 */
export function parseStrictJson(text: string, depth: number): unknown {
  const open: (Set<string> | undefined)[] = []; // a set of keys for an object, nothing for an array
  let last = "";
  TOKEN.lastIndex = 0;
  for (let found = TOKEN.exec(text); found !== null; found = TOKEN.exec(text)) {
    const [, string, mark = ""] = found;
    if (string !== undefined) last = string;
    if (mark === "{") open.push(new Set());
    if (mark === "[") open.push(undefined);
    if (mark === "}" || mark === "]") open.pop();
    if (open.length > depth) throw new SyntaxError("it is nested too deeply");
    if (mark !== ":") continue;
    const key = parse(last);
    const keys = open.at(-1);
    if (keys?.has(String(key))) throw new SyntaxError("a name occurs twice in one object");
    keys?.add(String(key));
  }
  return parse(text);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new SyntaxError("it is not JSON"); // The message of JSON.parse would quote the text.
  }
}
