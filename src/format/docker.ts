import { refuseUncarried } from "./refusal.ts";

// docker/cli reads lines with a bufio.Scanner, which accepts up to 64 KiB (docker/cli, pkg/kvfile).
const MAX_LINE = 64 * 1024 - 1;

/**
 * Formats a file for `docker run --env-file`: one `NAME=value` on each line, without quoting.
 *
 * @throws {StashError} `VALUES_REFUSED` for values with line breaks and for lines that docker cannot read
 */
export function formatDocker(variables: ReadonlyMap<string, string>): string {
  refuseUncarried("docker", variables, (name, value) => {
    if (value.includes("\n")) return "contains a line break, and docker's format has no quoting";
    if (value.endsWith("\r"))
      return "ends with a carriage return, which docker treats as the end of the line";
    if (Buffer.byteLength(`${name}=${value}`) > MAX_LINE)
      return "is longer than 64 KiB, the longest line that docker reads";
    return undefined;
  });
  return [...variables].map(([name, value]) => `${name}=${value}\n`).join("");
}
