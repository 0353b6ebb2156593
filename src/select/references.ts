import { StashError } from "../lib/errors.ts";
import { printable } from "../lib/printable.ts";

// A few lines of mutual references can stand for terabytes (the "billion laughs"); no environment is this large.
const MAX_TOTAL = 64 * 1024 * 1024;
const MAX_DEPTH = 100;
const TOO_DEEP = `is over ${MAX_DEPTH} references deep. Shorten the chain`;
const REFERENCE = /\$?\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$\$\{/g;

interface Resolved {
  value: string;
  /** how many references stand between it and a plain value */
  depth: number;
}

/**
 * Expands `${NAME}` between values; `$${` stands for `${`. What is no name in braces stays as it is.
 *
 * @param lookUp a value as stored, or `undefined` for a name that is not there
 * @returns a function that gives the expanded value of a name
 * @throws {StashError} `REFERENCES_UNRESOLVED`, with the chain of names that led there (from the returned function)
 */
export function createReferenceResolver(
  lookUp: (name: string) => string | undefined,
): (name: string) => string {
  const known = new Map<string, Resolved>();
  const chain = new Set<string>();
  let total = 0;

  const resolve = (name: string): Resolved => {
    const before = known.get(name);
    if (before !== undefined) return before;
    const path = [...chain, name];
    if (chain.has(name)) throw unresolved(path, "refers to itself. Break the circle");
    if (chain.size > MAX_DEPTH) throw unresolved(path, TOO_DEEP); // and the stack is not endless
    const value = lookUp(name);
    if (value === undefined)
      throw unresolved(path, "is not there. Correct the name, or write $${ for a literal ${");
    chain.add(name);
    let depth = 0;
    const expanded = value.replace(REFERENCE, (token, reference?: string) => {
      if (token.startsWith("$$")) return token.slice(1);
      const part = resolve(reference ?? "");
      depth = Math.max(depth, part.depth + 1);
      if (depth > MAX_DEPTH) throw unresolved(path, TOO_DEEP);
      total += part.value.length;
      if (total > MAX_TOTAL)
        throw unresolved(path, "makes the variables grow beyond 64 MB. Refer to it less often");
      return part.value;
    });
    chain.delete(name);
    const resolved = { value: expanded, depth };
    known.set(name, resolved);
    return resolved;
  };
  return (name) => resolve(name).value;
}

function unresolved(chain: readonly string[], why: string): StashError {
  const path = chain.map((name) => printable(name)).join(" -> ");
  return new StashError(
    "REFERENCES_UNRESOLVED",
    `A reference cannot be resolved: ${path}: the last name ${why}.`,
  );
}
