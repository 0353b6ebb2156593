import { listNames } from "../lib/printable.ts";
import { parseHttpsAddress } from "./api-url.ts";
import type { Credentials, GrantKeyInput } from "./credentials.ts";
import type { InputName } from "./defaults.ts";
import type { InputReader } from "./reader.ts";

export interface AccessInputs {
  grantKey: GrantKeyInput | undefined;
  /** how long to wait for an approval; 0 means not at all */
  grantWaitMinutes: number;
  /** where to tell approvers that the job waits; https, or http on loopback */
  approvalWebhook: URL | undefined;
  /** the fingerprint, or its beginning, of the DEK that each environment must have; empty for any */
  dekPins: ReadonlyMap<string, string>;
  ttlMinutes: number;
  /** empty for the default */
  label: string;
}

/** characters of a key's label that the service takes */
export const MAX_LABEL = 255;

export function parseAccess(reader: InputReader<InputName>, credentials: Credentials): AccessInputs {
  const { text, wholeNumber, check } = reader;
  const label = text("label");
  check("label", label.length <= MAX_LABEL, `must be at most ${MAX_LABEL} characters`);
  const ttlMinutes = wholeNumber("ttl", [5, 60], "minutes");
  const grantWaitMinutes = wholeNumber("grant-wait", [0, 60], "minutes");
  const isTooLong = grantWaitMinutes > ttlMinutes;
  check(
    "grant-wait",
    !isTooLong,
    `must be at most ttl (${ttlMinutes} minutes), because the key expires then`,
  );
  const webhook = credentials.approvalWebhook;
  const approvalWebhook =
    webhook === "" ? undefined : parseHttpsAddress(webhook, (why) => check("approval-webhook", false, why));
  const dekPins = parseDekPins(reader);
  const { grantKey } = credentials;
  return { grantKey, grantWaitMinutes, approvalWebhook, dekPins, ttlMinutes, label };
}

const MIN_DIGITS = 32; // Nobody finds a second key with the same 128 bits.

/**
 * Parses `dek-fingerprint`: one fingerprint, or `environment=fingerprint` for each environment. Fingerprints of environments that are not
 * pulled are allowed, so that one list can serve many jobs; an environment that is pulled must be in it.
 */
function parseDekPins({
  list,
  check,
}: InputReader<"dek-fingerprint" | "environment">): ReadonlyMap<string, string> {
  const environments = list("environment");
  const isFingerprint = (text: string) => /^[0-9a-f]{1,64}$/i.test(text) && text.length >= MIN_DIGITS;
  const items = list(
    "dek-fingerprint",
    (item) => isFingerprint(item.slice(item.lastIndexOf("=") + 1)),
    `expected the 64 hexadecimal digits that doctor shows, or at least ${MIN_DIGITS} of them, after environment= if there are several`,
  );
  const pins = new Map(
    items.map((item) => {
      const at = item.lastIndexOf("=");
      const environment =
        at < 0 && environments.length === 1 ? (environments[0] ?? "") : item.slice(0, Math.max(at, 0));
      return [environment, item.slice(at + 1).toLowerCase()];
    }),
  );
  const unpinned = items.length === 0 ? [] : environments.filter((environment) => !pins.has(environment));
  check(
    "dek-fingerprint",
    unpinned.length === 0,
    `has no fingerprint for ${listNames(unpinned)}: write environment=fingerprint`,
  );
  check("dek-fingerprint", pins.size === items.length, "names one environment twice");
  return pins;
}
