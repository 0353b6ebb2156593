import * as v from "valibot";
import { isLoopback } from "../../lib/loopback.ts";

const text = v.pipe(v.string("a text is missing here"), v.nonEmpty("it is empty"));
const texts = v.union(
  [
    v.pipe(
      text,
      v.transform((one) => [one]),
    ),
    v.array(text),
  ],
  "a text, or a list of texts, is missing here",
);
const number = (least: number, most: number) =>
  v.pipe(
    text,
    v.regex(/^\d{1,9}$/, "it is not a whole number"),
    v.transform(Number),
    v.minValue(least, `must be at least ${least}`),
    v.maxValue(most, `must be at most ${most}`),
  );
const truth = v.pipe(
  v.picklist(["true", "false"], "it is neither true nor false"),
  v.transform((word) => word === "true"),
);
const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };
const duration = (longest: number, words: string) =>
  v.pipe(
    text,
    v.regex(/^\d{1,6}[smhd]$/, "it is not a time, like 30s, 20m, 24h or 90d"),
    v.transform((time) => Number(time.slice(0, -1)) * (units[time.slice(-1)] ?? 0)),
    v.maxValue(longest, `must be at most ${words}`),
  );
const DAY = 86_400;
const endpoint = v.pipe(
  text,
  v.regex(/^(\[[0-9a-fA-F:.]+\]|[\w.-]+):\d{1,5}$/, "it is not host:port, such as 127.0.0.1:8420"),
  v.transform((written) => {
    const colon = written.lastIndexOf(":");
    return { host: written.slice(0, colon).replace(/^\[|\]$/g, ""), port: Number(written.slice(colon + 1)) };
  }),
  v.check(({ port }) => port <= 65_535, "the highest port is 65535"),
);
// A token is for one address and no other, so there is one way to write it.
const address = v.pipe(
  text,
  v.check(
    (url) => isAddress(url),
    "it is not an address (https, lower case, no user, no default port, no query, no slash at the end)",
  ),
);

const slug = v.pipe(text, v.regex(/^[^/]+$/, "it has a slash; the application is named by itself"));

const issuer = v.strictObject({
  type: v.picklist(
    ["github", "gitlab", "circleci", "buildkite"],
    "it is not github, gitlab, circleci or buildkite",
  ),
  url: address,
  "jwks-url": v.optional(address),
  "max-age": v.optional(duration(DAY, "24h"), "15m"),
  "max-lifetime": v.optional(duration(31 * DAY, "744h"), "24h"),
});

const rule = v.strictObject({
  name: v.pipe(text, v.regex(/^[\w.-]{1,64}$/, "it is not a name (letters, digits, . _ -; at most 64)")),
  issuer: text,
  when: v.pipe(
    v.record(v.string(), texts),
    v.check((when) => Object.keys(when).length > 0, "there are no conditions"),
  ),
  grant: v.strictObject({
    application: text,
    environments: v.pipe(v.array(slug, "a list is missing here"), v.nonEmpty("the list is empty")),
    variables: v.optional(text),
    ttl: v.optional(number(5, 60), "15"),
    register: v.optional(truth, "false"),
    "keys-per-job": v.optional(number(1, 20), "1"),
  }),
});

const pin = v.pipe(text, v.regex(/^[0-9a-f]{64}$/, "it is not a fingerprint (64 hexadecimal digits)"));
const NO_PINS = "it is neither first-use nor fingerprints (application/environment: 64 hexadecimal digits)";

/** `broker.yaml` as it stands in the file. Every scalar is a text. */
export const settings = v.strictObject({
  version: v.literal("1", "this broker reads version 1"),
  audience: address,
  listen: v.optional(endpoint, "127.0.0.1:8420"),
  private: v.optional(endpoint, "127.0.0.1:8421"),
  tls: v.optional(v.strictObject({ "cert-file": text, "key-file": text })),
  "private-token-file": v.optional(text),
  "trusted-proxies": v.optional(texts, []),
  "proxy-header": v.optional(
    v.picklist(["forwarded", "x-forwarded-for"], "it is neither forwarded nor x-forwarded-for"),
    "forwarded",
  ),
  "refusals-per-minute": v.optional(number(1, 1_000_000), "120"),
  "audit-keep": v.optional(duration(3660 * DAY, "3660d"), "90d"),
  service: v.strictObject({
    "api-url": v.optional(address, "https://secretstash.cloud"),
    "api-token-file": text,
    "key-dir": text,
    "ca-file": v.optional(text),
  }),
  store: v.pipe(text, v.regex(/^sqlite:./, "must begin with sqlite:, and then a path")),
  issuers: v.record(v.string(), issuer),
  rules: v.pipe(v.array(rule, "a list is missing here"), v.nonEmpty("there are no rules")),
  pins: v.optional(v.union([v.literal("first-use"), v.record(v.string(), pin)], NO_PINS), {}),
  cache: v.optional(duration(DAY, "24h"), "30s"),
});

function isAddress(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, username, password, search, hash, href } = new URL(url);
  const isPlain = username + password + search + hash === "" && !url.endsWith("/") && !/[\s?#]/.test(url);
  const isCanonical = href === url || href === `${url}/`;
  return isPlain && isCanonical && (protocol === "https:" || (protocol === "http:" && isLoopback(hostname)));
}
