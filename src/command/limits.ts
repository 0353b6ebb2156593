import { listNames } from "../lib/errors.ts";

interface Limits {
  system: string;
  /** bytes of `NAME=value` and its NUL */
  string: number;
  total: number;
}

// Linux: one string, and all of them together with the arguments: a quarter of the stack's usual 8 MiB (execve(2), "Limits on size of
// arguments and environment"). macOS: all together (getconf ARG_MAX). Some of it is everybody else's.
const limitsOf: Record<string, Limits> = {
  linux: { system: "Linux", string: 128 * 1024, total: 2 * 1024 * 1024 - 256 * 1024 },
  darwin: { system: "macOS", string: Number.POSITIVE_INFINITY, total: 1024 * 1024 - 128 * 1024 },
};
const POINTER = 8;

/**
 * Why the system starts no process with these variables in its environment, as a sentence without its stop; `undefined` when it does,
 * or nothing is known of it.
 */
export function describeOversized(
  variables: ReadonlyMap<string, string>,
  platform: string,
): string | undefined {
  const limits = limitsOf[platform];
  if (limits === undefined) return undefined;
  const sizes = [...variables].map(([name, value]) => ({
    name,
    bytes: Buffer.byteLength(`${name}=${value}\0`),
  }));
  const refusal = `which ${limits.system} refuses in a process's environment`;
  const oversized = sizes.filter(({ bytes }) => bytes > limits.string).map(({ name }) => name);
  if (oversized.length > 0) return `${listNames(oversized)}: over 128 KiB, ${refusal}`;
  const total = sizes.reduce((sum, { bytes }) => sum + bytes + POINTER, 0);
  const most = limits.total > 1024 * 1024 ? "2 MiB" : "1 MiB";
  return total > limits.total ? `The variables together are close to ${most}, ${refusal}` : undefined;
}
