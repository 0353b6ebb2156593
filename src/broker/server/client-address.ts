import { type BlockList, isIP } from "node:net";

/**
 * Who sent a request: the other end of the connection, or, behind proxies that the policy trusts, the last address that one of them saw and that
 * is no trusted proxy itself. Everything further to the left was written by the client.
 *
 * @param headers `Forwarded` (RFC 7239), else `X-Forwarded-For`
 */
export function clientAddress(
  peer: string,
  headers: { forwarded: string | undefined; xForwardedFor: string | undefined },
  trusted: BlockList,
): string {
  const list =
    headers.forwarded === undefined
      ? (headers.xForwardedFor ?? "").split(",")
      : headers.forwarded.split(",").map((hop) => /(?:^|;)\s*for="?([^";]*)"?/i.exec(hop)?.[1] ?? "");
  let address = plainAddress(peer);
  for (const hop of list.reverse()) {
    if (!isTrusted(address, trusted)) return address;
    const next = plainAddress(hop.trim());
    if (isIP(next) === 0) return address; // "unknown", an obfuscated name, or nothing
    address = next;
  }
  return address;
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
