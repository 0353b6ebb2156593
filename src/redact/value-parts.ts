import { isKubeconfigText, publicPartsOf } from "./public-parts.ts";

/**
 * The string leaves of a JSON object or array that are not public, and have `minLength` characters or more; of a kubeconfig in YAML, its
 * credentials. None of any other text.
 */
export function jsonLeaves(text: string, minLength: number): string[] {
  if (isKubeconfigText(text)) return kubeconfigLeaves(text).filter((leaf) => leaf.length >= minLength);
  if (!/^\s*[[{]/.test(text)) return [];
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch {
    return [];
  }
  const leaves: string[] = [];
  const isPublic = publicPartsOf(root);
  // Not recursive, because a value can be nested deeper than the stack allows. Public parts are at most two keys deep.
  const pending: { path: string; depth: number; node: unknown }[] = [{ path: "", depth: 0, node: root }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { path, depth, node } = next;
    if (typeof node === "string") {
      if (node.length >= minLength && !(depth <= 2 && isPublic?.(path, node))) leaves.push(node);
    } else if (typeof node === "object" && node !== null) {
      for (const [key, child] of Object.entries(node)) {
        const below = depth >= 2 || isPublic === undefined ? "" : depth === 0 ? key : `${path}.${key}`;
        pending.push({ path: below, depth: depth + 1, node: child });
      }
    }
  }
  return leaves;
}

// kubernetes.io, Reference, kubeconfig v1, AuthInfo and Cluster. Programs print them without the rest of the line.
const KUBECONFIG_CREDENTIAL =
  /^\s*(?:- )?(?:token|password|username|id-token|refresh-token|client-secret|client-key-data|client-certificate-data|certificate-authority-data|server):\s*["']?([^\s"']+)["']?\s*$/gm;

function kubeconfigLeaves(text: string): string[] {
  return Array.from(text.matchAll(KUBECONFIG_CREDENTIAL), ([, value = ""]) => value);
}

const STRICT = /^\s*[a-z][a-z0-9+.-]*:\/\/[^/?#\s:@]*:([^/?#\s]+)@/i;
// A password that was never encoded may contain `/`, `?` or `#`. It then extends to the last `@`.
const LOOSE = /^\s*[a-z][a-z0-9+.-]*:\/\/[^/?#\s:@]*:(\S+)@/i;

const USER = /^\s*[a-z][a-z0-9+.-]*:\/\/([^/?#\s:@]+)(?::[^/?#\s]*)?@/i;

/** The user of a URL, as written and percent-decoded. */
export function urlUsers(text: string): string[] {
  return withDecoded(USER.exec(text)?.[1]);
}

/**
 * The password of a URL, as written and percent-decoded (RFC 3986 section 3.2.1). It is found by a pattern, because `new URL` rewrites the
 * password and refuses hosts that database drivers accept.
 */
export function urlPasswords(text: string): string[] {
  // Both readings, because they differ only if an unencoded password contains an `@` before a `/`.
  const found = [LOOSE.exec(text)?.[1], STRICT.exec(text)?.[1]];
  return [...new Set(found.flatMap(withDecoded))];
}

function withDecoded(raw: string | undefined): string[] {
  if (raw === undefined) return [];
  try {
    return [raw, decodeURIComponent(raw)];
  } catch {
    return [raw]; // A stray % means that it was never encoded.
  }
}
