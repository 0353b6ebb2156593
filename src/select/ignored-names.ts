const RESERVED_PREFIX = "SECRET_STASH_";

/** Names that both official clients leave out on pull: their own, and the ones listed. */
export function isIgnored(name: string, ignore: readonly string[]): boolean {
  return name.startsWith(RESERVED_PREFIX) || ignore.includes(name);
}
