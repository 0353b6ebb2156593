import { BlockList, isIP } from "node:net";
import type * as v from "valibot";
import { isLoopback } from "../../lib/loopback.ts";
import type { settings } from "./settings.ts";

type Settings = v.InferOutput<typeof settings>;

/** Where one side of the broker listens. */
export interface Endpoint {
  host: string;
  port: number;
}

export interface Exposure {
  path: readonly string[];
  reason: string;
}

/** What in the settings would be open to others: tokens and pages over `http:`, an issuer that anybody on the network can pretend to be. */
export function findExposed(given: Settings, insecureTestIssuers: boolean): Exposure[] {
  const found: Exposure[] = [];
  const report = (path: readonly string[], reason: string) => found.push({ path, reason });
  if (given.tls === undefined && !isLoopbackEndpoint(given.listen)) {
    report(
      ["listen"],
      "must be a loopback address without tls. Set tls, or put a proxy with TLS in front of the broker",
    );
  }
  if (
    !isLoopbackEndpoint(given.private) &&
    (given.tls === undefined || given["private-token-file"] === undefined)
  ) {
    report(["private"], "must be a loopback address, or tls and private-token-file must be set");
  }
  for (const proxy of given["trusted-proxies"]) {
    if (parseNetwork(proxy) === undefined)
      report(["trusted-proxies"], "an address or a network is expected, such as 10.0.0.0/8");
  }
  const urls = new Set<string>();
  for (const [name, { url, "jwks-url": jwksUrl = url }] of Object.entries(given.issuers)) {
    if (!insecureTestIssuers && (url.startsWith("http:") || jwksUrl.startsWith("http:"))) {
      report(
        ["issuers", name],
        "an issuer's url must be https. For tests on loopback there is --insecure-test-issuers",
      );
    }
    if (urls.has(url))
      report(["issuers", name], "another issuer has the same url, so it would be unclear whose token one is");
    urls.add(url);
  }
  return found;
}

export function isLoopbackEndpoint({ host }: Endpoint): boolean {
  return isLoopback(host.includes(":") ? `[${host}]` : host);
}

/** An address or a network (`10.0.0.0/8`), as what `BlockList` takes. */
function parseNetwork(text: string): { address: string; prefix: number; type: "ipv4" | "ipv6" } | undefined {
  const [address = "", length] = text.split("/");
  const version = isIP(address);
  const most = version === 4 ? 32 : 128;
  const prefix = length === undefined ? most : /^\d{1,3}$/.test(length) ? Number(length) : most + 1;
  if (version === 0 || prefix > most) return undefined;
  return { address, prefix, type: version === 4 ? "ipv4" : "ipv6" };
}

/** The networks of `trusted-proxies`. */
export function toBlockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const parsed = parseNetwork(network);
    if (parsed !== undefined) list.addSubnet(parsed.address, parsed.prefix, parsed.type);
  }
  return list;
}
