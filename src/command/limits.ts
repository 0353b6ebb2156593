import { StashError } from "../lib/errors.ts";
import { listNames } from "../lib/printable.ts";

interface Limits {
  system: string;
  /** bytes of `NAME=value` and its NUL */
  string: number;
  total: number;
}

// Linux limits a single string, and all of them together with the arguments to a quarter of the stack's usual 8 MiB (execve(2), "Limits on
// size of arguments and environment"). macOS limits the total (getconf ARG_MAX). Other variables need some of the room.
const limitsOf: Record<string, Limits> = {
  linux: { system: "Linux", string: 128 * 1024, total: 2 * 1024 * 1024 - 256 * 1024 },
  darwin: { system: "macOS", string: Number.POSITIVE_INFINITY, total: 1024 * 1024 - 128 * 1024 },
};
const POINTER = 8;

/**
 * Explains why the system would start no process with these variables in its environment, as a sentence without its full stop;
 * `undefined` if it would, or if its limits are unknown.
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
  const oversized = sizes.filter(({ bytes }) => bytes > limits.string).map(({ name }) => name);
  if (oversized.length > 0) {
    return `${listNames(oversized)}: larger than 128 KiB, which ${limits.system} does not allow for an environment variable`;
  }
  const total = sizes.reduce((sum, { bytes }) => sum + bytes + POINTER, 0);
  const most = limits.total > 1024 * 1024 ? "2 MiB" : "1 MiB";
  return total > limits.total
    ? `The variables together come close to ${most}, which is the limit of ${limits.system} for the environment of a process`
    : undefined;
}

/** @throws {StashError} `COMMAND_FAILED` if the system would not start a command with these variables in its environment */
export function refuseOversized(variables: ReadonlyMap<string, string>, platform: string): void {
  const oversized = describeOversized(variables, platform);
  if (oversized === undefined) return;
  throw new StashError(
    "COMMAND_FAILED",
    `The command cannot be started. ${oversized}. Select fewer variables, or use env-file.`,
  );
}
