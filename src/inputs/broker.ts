import { isLoopback } from "../lib/loopback.ts";
import type { Credentials } from "./credentials.ts";
import { type InputName, inputDefaults } from "./defaults.ts";
import type { InputReader } from "./reader.ts";

/** The key broker that gives this job access. */
export interface BrokerInputs {
  /** https, or http on loopback; without a slash at the end */
  url: URL;
  /** inputs that were given, and mean nothing with a broker */
  ignored: readonly string[];
}

// What these say, the broker's policy decides.
const meaningless = ["api-url", "grant-wait", "approval-webhook", "label"] as const;

/**
 * Parses `broker-url`.
 *
 * @param asksForTokens whether the system gives a token to a job that asks, for an audience that the job names
 * @returns `undefined` if there is no broker
 */
export function parseBroker(
  { text, check }: InputReader<InputName>,
  { apiToken, idToken, grantKey }: Credentials,
  asksForTokens: boolean,
): BrokerInputs | undefined {
  if (text("broker-url") === "") return undefined;
  const both = [...(apiToken === "" ? [] : ["api-token"]), ...(grantKey === undefined ? [] : ["grant-key"])];
  check(
    "broker-url",
    both.length === 0,
    `replaces ${both.join(" and ")}. Remove ${both.join(" and ")}, and delete what it came from in CI's secrets`,
  );
  check(
    "id-token",
    !asksForTokens || idToken === "",
    "is for systems that hand the token over as a variable. Here, the action asks for one itself, for this job's key alone. Remove it",
  );
  const url = parseBrokerUrl(text("broker-url"), (why) => check("broker-url", false, why));
  return { url, ignored: meaningless.filter((name) => text(name) !== inputDefaults[name]) };
}

/**
 * Parses the address of a key broker.
 *
 * @param refuse called with what is wrong; the address that is returned then is never used
 */
export function parseBrokerUrl(text: string, refuse: (why: string) => void): URL {
  const url = URL.parse(text.replace(/\/+$/, ""));
  if (url === null || !/^https?:$/.test(url.protocol)) refuse("must be an https address");
  else if (url.protocol === "http:" && !isLoopback(url.hostname)) {
    refuse(
      "must be https, because over http others could read the job's token (http is accepted on loopback only)",
    );
  } else if (url.username || url.password || url.search || url.hash) {
    refuse("must be the bare address, without user, password, query or fragment");
  }
  return url ?? new URL("https://refused.invalid");
}

/** A broker's address as tokens name it, and as its policy says it (`audience`). */
export function brokerAudience(url: URL): string {
  return url.href.replace(/\/+$/, "");
}
