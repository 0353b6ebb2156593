const RESERVED_PREFIX = "SECRET_STASH_";

/** Whether both official clients leave a name out on pull: it is one of their own, or it is listed. */
export function isIgnored(name: string, ignore: ReadonlySet<string>): boolean {
  return name.startsWith(RESERVED_PREFIX) || ignore.has(name);
}
