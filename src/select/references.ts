import { printable, StashError } from "../errors.ts";

// A few lines of mutual references can stand for terabytes (the "billion laughs"); no variable is this long.
const MAX_LENGTH = 16 * 1024 * 1024;
const MAX_DEPTH = 100;
const REFERENCE = /\$?\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$\$\{/g;

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
  const resolved = new Map<string, string>();
  const chain = new Set<string>();

  const resolve = (name: string): string => {
    const known = resolved.get(name);
    if (known !== undefined) return known;
    if (chain.has(name)) throw unresolved([...chain, name], "refers to itself. Break the circle");
    if (chain.size === MAX_DEPTH)
      throw unresolved([...chain, name], `is ${MAX_DEPTH} references deep. Shorten the chain`);
    const value = lookUp(name);
    if (value === undefined)
      throw unresolved([...chain, name], "is not there. Correct the name, or write $${ for a literal ${");
    chain.add(name);
    let length = value.length;
    const expanded = value.replace(REFERENCE, (token, reference?: string) => {
      if (token.startsWith("$$")) return token.slice(1);
      const part = resolve(reference ?? "");
      length += part.length;
      if (length > MAX_LENGTH) throw unresolved([...chain], "grows beyond 16 MB. Shorten it");
      return part;
    });
    chain.delete(name);
    resolved.set(name, expanded);
    return expanded;
  };
  return resolve;
}

function unresolved(chain: readonly string[], why: string): StashError {
  const path = chain.map((name) => printable(name)).join(" -> ");
  return new StashError(
    "REFERENCES_UNRESOLVED",
    `A reference cannot be resolved: ${path}: the last name ${why}.`,
  );
}
