import { createHash } from "node:crypto";
import { systemCode } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import { readNamedFile } from "../../lib/safe-file.ts";
import { BrokerError } from "../broker-error.ts";
import { type BrokerConfig, parseConfig } from "./config.ts";

export interface LoadedPolicy {
  config: BrokerConfig;
  /** SHA-256 of the file, in hex: the audit log says by which policy each decision was made */
  hash: string;
}

export interface PolicyFile {
  current(): LoadedPolicy;
  /** why the file, as it is now, is not the policy in force; undefined if it is */
  fault(): string | undefined;
  /** Looks at the file once. Never throws. */
  look(): void;
}

/**
 * Reads the policy.
 *
 * @throws {BrokerError} `policy_invalid`
 */
export function readPolicy(path: string, options: Parameters<typeof parseConfig>[2]): LoadedPolicy {
  const { text, hash } = readText(path);
  return { config: parseConfig(text, printable(path), options), hash };
}

// Half a file can be a wider policy than the whole, so a change counts when it is still the same after this time.
const SETTLED_MS = 2000;

/**
 * Reads the policy, and again whenever the file changes. What cannot be used leaves the policy as it was.
 *
 * @param accept called with a changed policy before it is in force; it throws if the policy cannot be used
 * @param tell called when the policy was replaced, or a file cannot be used
 * @param now milliseconds; a clock that only goes forward
 * @throws {BrokerError} `policy_invalid`, for the file as it is at first
 */
export function openPolicyFile(
  path: string,
  options: Parameters<typeof parseConfig>[2],
  accept: (config: BrokerConfig, before: BrokerConfig) => void,
  tell: (message: string) => void,
  now: () => number,
): PolicyFile {
  let loaded = readPolicy(path, options);
  let seen = { hash: loaded.hash, at: now() };
  let fault: string | undefined;
  const replace = (text: string, hash: string) => {
    const config = parseConfig(text, printable(path), options);
    accept(config, loaded.config);
    loaded = { config, hash };
    tell(`The policy was replaced: it is now ${hash.slice(0, 16)}.`);
  };
  return {
    current: () => loaded,
    fault: () => fault,
    look: () => {
      try {
        const { text, hash } = readText(path);
        if (hash !== seen.hash) seen = { hash, at: now() };
        if (hash !== loaded.hash && now() - seen.at < SETTLED_MS) return;
        if (hash !== loaded.hash) replace(text, hash);
        fault = undefined;
      } catch (error) {
        const message = error instanceof BrokerError ? error.message : "It cannot be read.";
        if (message !== fault) tell(`The policy in force stays as it was. ${message}`);
        fault = message;
      }
    },
  };
}

function readText(path: string): { text: string; hash: string } {
  try {
    const bytes = readNamedFile(path);
    return { text: bytes.toString("utf8"), hash: createHash("sha256").update(bytes).digest("hex") };
  } catch (cause) {
    throw new BrokerError(
      "policy_invalid",
      `The policy ${printable(path)} cannot be read (${systemCode(cause)}).`,
      { cause },
    );
  }
}
