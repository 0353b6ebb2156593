import { refuseUncarried } from "./refusal.ts";

// docker/cli reads lines with a bufio.Scanner, whose longest line is 64 KiB (docker/cli, pkg/kvfile).
const MAX_LINE = 64 * 1024 - 1;

/**
 * A file for `docker run --env-file`: `NAME=value` as it is, no quoting, one a line.
 *
 * @throws {StashError} `VALUES_REFUSED` for line breaks and for lines that docker does not read
 */
export function formatDocker(variables: ReadonlyMap<string, string>): string {
  refuseUncarried("docker", variables, (name, value) => {
    if (value.includes("\n")) return "holds a line break, and docker's format has no quoting";
    if (value.endsWith("\r")) return "ends in a carriage return, which docker takes for the end of the line";
    if (Buffer.byteLength(`${name}=${value}`) > MAX_LINE)
      return "is over 64 KiB, the longest line that docker reads";
    return undefined;
  });
  return [...variables].map(([name, value]) => `${name}=${value}\n`).join("");
}
