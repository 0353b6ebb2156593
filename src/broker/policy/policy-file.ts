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
  /** Looks at the file once. Never throws. @returns whether the policy was replaced */
  look(): boolean;
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

/**
 * Reads the policy, and again whenever the file changes. Half a file can be a wider policy than the whole, so a change counts when two looks
 * have found the same; and what cannot be used leaves the policy as it was.
 *
 * @param tell called when the policy was replaced, or a file cannot be used
 * @throws {BrokerError} `policy_invalid`, for the file as it is at first
 */
export function openPolicyFile(
  path: string,
  options: Parameters<typeof parseConfig>[2],
  tell: (message: string) => void,
): PolicyFile {
  let loaded = readPolicy(path, options);
  let seen = loaded.hash;
  let fault: string | undefined;
  const refuse = (error: unknown) => {
    const message = error instanceof BrokerError ? error.message : "it cannot be read";
    if (message !== fault) tell(`The policy in force stays as it was. ${message}`);
    fault = message;
  };
  return {
    current: () => loaded,
    fault: () => fault,
    look: () => {
      try {
        const { text, hash } = readText(path);
        const isSettled = hash === seen;
        seen = hash;
        if (!isSettled) return false;
        if (hash === loaded.hash) {
          fault = undefined;
          return false;
        }
        loaded = { config: parseConfig(text, printable(path), options), hash };
        fault = undefined;
        tell(`The policy was replaced: it is now ${hash.slice(0, 16)}.`);
        return true;
      } catch (error) {
        refuse(error);
        return false;
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
