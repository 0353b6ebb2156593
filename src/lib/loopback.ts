/** `localhost` and 127.0.0.0/8 never leave the machine (RFC 6761 section 6.3, RFC 5735); `[::1]` is their IPv6 counterpart. */
export function isLoopback(hostname: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}
