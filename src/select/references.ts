import { StashError } from "../lib/errors.ts";
import { printable } from "../lib/printable.ts";

// A few lines of references to each other can expand to terabytes (the "billion laughs" attack). No environment is this large.
const MAX_TOTAL = 64 * 1024 * 1024;
const MAX_DEPTH = 100;
const TOO_DEEP = `is more than ${MAX_DEPTH} references deep. Shorten the chain`;
const REFERENCE = /\$?\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$\$\{/g;

interface Resolved {
  value: string;
  /** how many references there are between it and a plain value */
  depth: number;
}

/**
 * Expands `${NAME}` to the value of that variable; `$${` stands for `${`. Anything else in braces stays as it is.
 *
 * @param lookUp returns a value as it is stored, or `undefined` for a name that does not exist
 * @returns a function that returns the expanded value of a name
 * @throws {StashError} `REFERENCES_UNRESOLVED`, with the chain of names that led there; thrown by the returned function
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
    if (chain.has(name)) throw unresolved(path, "refers to itself. Remove one of the references");
    if (chain.size > MAX_DEPTH) throw unresolved(path, TOO_DEEP); // The stack is limited, too.
    const value = lookUp(name);
    if (value === undefined)
      throw unresolved(path, "does not exist. Correct the name, or write $${ for a literal ${");
    chain.add(name);
    let depth = 0;
    const expanded = value.replace(REFERENCE, (token, reference?: string) => {
      if (token.startsWith("$$")) return token.slice(1);
      const part = resolve(reference ?? "");
      depth = Math.max(depth, part.depth + 1);
      if (depth > MAX_DEPTH) throw unresolved(path, TOO_DEEP);
      total += part.value.length;
      if (total > MAX_TOTAL)
        throw unresolved(path, "makes the variables larger than 64 MB in all. Refer to it less often");
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
