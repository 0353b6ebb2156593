import { publicKeysOf } from "./public-parts.ts";

/** The string leaves of a JSON object or array that are not public, and have `minLength` characters or more; none if the text is not one. */
export function jsonLeaves(text: string, minLength: number): string[] {
  if (!/^\s*[[{]/.test(text)) return [];
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch {
    return [];
  }
  const leaves: string[] = [];
  const publicKeys = publicKeysOf(root);
  // Not recursive, because a value can be nested deeper than the stack allows.
  const pending: unknown[] = [root];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (typeof node === "string" && node.length >= minLength) leaves.push(node);
    else if (typeof node === "object" && node !== null)
      for (const [key, child] of Object.entries(node))
        if (typeof child !== "string" || !publicKeys?.test(key)) pending.push(child);
  }
  return leaves;
}
