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
