import { type BlockList, isIP } from "node:net";

/**
 * Who sent a request: the other end of the connection, or, behind proxies that the policy trusts, the last address that one of them saw and that
 * is no trusted proxy itself. Everything further to the left was written by the client.
 *
 * @param header what the proxies write: `Forwarded` (RFC 7239) or `X-Forwarded-For`. The other one comes from the client as it is, so it is not read
 */
export function clientAddress(
  peer: string,
  header: { name: "forwarded" | "x-forwarded-for"; value: string | undefined },
  trusted: BlockList,
): string {
  const hops = (header.value ?? "").split(",");
  const list =
    header.name === "forwarded"
      ? hops.map((hop) => /(?:^|;)\s*for="?([^";]*)"?/i.exec(hop)?.[1] ?? "")
      : hops;
  let address = plainAddress(peer);
  for (const hop of list.reverse()) {
    if (!isTrusted(address, trusted)) return address;
    const next = plainAddress(hop.trim());
    if (isIP(next) === 0) return address; // "unknown", an obfuscated name, or nothing
    address = next;
  }
  return address;
}

/** What counts as one client: an IPv4 address, or the 64 bits that one network of IPv6 has. */
export function networkOf(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = "", tail = ""] = address.split("::");
  const groups = [head, tail].map((half) => half.split(":").filter(Boolean));
  const missing = 8 - (groups[0]?.length ?? 0) - (groups[1]?.length ?? 0);
  const all = [...(groups[0] ?? []), ...Array<string>(Math.max(0, missing)).fill("0"), ...(groups[1] ?? [])];
  return `${all.slice(0, 4).join(":").toLowerCase()}::/64`;
}

function isTrusted(address: string, trusted: BlockList): boolean {
  const version = isIP(address);
  return version !== 0 && trusted.check(address, version === 4 ? "ipv4" : "ipv6");
}

/** Without brackets, port, and the prefix of an IPv4 address on an IPv6 socket. */
function plainAddress(text: string): string {
  const bare =
    /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1] ??
    (/^[\d.]+:\d+$/.test(text) ? text.replace(/:\d+$/, "") : text);
  return bare.replace(/^::ffff:(?=\d+\.)/i, "");
}
