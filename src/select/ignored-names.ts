const RESERVED_PREFIX = "SECRET_STASH_";

/** Names that both official clients leave out on pull: their own, and the ones listed. */
export function isIgnored(name: string, ignore: ReadonlySet<string>): boolean {
  return name.startsWith(RESERVED_PREFIX) || ignore.has(name);
}
