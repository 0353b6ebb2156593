import { listNames } from "../errors.ts";

// One string of a Linux process's environment, `NAME=value` and its NUL, and all of them together with the arguments: a quarter
// of the stack's usual 8 MiB (execve(2), "Limits on size of arguments and environment"). Some of it is everybody else's.
const MAX_STRING = 128 * 1024;
const MAX_TOTAL = 2 * 1024 * 1024 - 256 * 1024;
const POINTER = 8;

/** Why Linux starts no process with these variables in its environment, as a sentence without its stop; `undefined` when it does. */
export function describeOversized(variables: ReadonlyMap<string, string>): string | undefined {
  const sizes = [...variables].map(([name, value]) => ({
    name,
    bytes: Buffer.byteLength(`${name}=${value}\0`),
  }));
  const oversized = sizes.filter(({ bytes }) => bytes > MAX_STRING).map(({ name }) => name);
  const refusal = "which Linux refuses in a process's environment";
  if (oversized.length > 0) return `${listNames(oversized)}: over 128 KiB, ${refusal}`;
  const total = sizes.reduce((sum, { bytes }) => sum + bytes + POINTER, 0);
  return total > MAX_TOTAL ? `The variables together are close to 2 MiB, ${refusal}` : undefined;
}
