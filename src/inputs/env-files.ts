import { printable } from "../lib/errors.ts";
import { type EnvFileFormat, envFileFormats, isEnvFileFormat } from "../format/env-file-format.ts";
import type { InputReader } from "./reader.ts";

export interface EnvFileRequest {
  /** relative to the workspace, or absolute */
  path: string;
  format: EnvFileFormat;
}

/** One `path` or `path:format` a line; what follows the last colon counts only if it is a format. */
export function parseEnvFileRequests({
  untrimmed,
  check,
  oneOf,
}: InputReader<"env-file" | "env-file-format">): EnvFileRequest[] {
  const fallback = oneOf("env-file-format", envFileFormats);
  const requests: EnvFileRequest[] = [];
  for (const [index, written] of untrimmed("env-file").split(/\r?\n/).entries()) {
    const line = written.trim();
    if (line === "") continue;
    const colon = line.lastIndexOf(":");
    const format = line.slice(colon + 1);
    const request =
      colon > 0 && isEnvFileFormat(format)
        ? { path: line.slice(0, colon), format }
        : { path: line, format: fallback };
    const place = `line ${index + 1}, "${printable(line)}"`;
    const isPath = !/\p{Cc}|[/\\]$|:\w*$/u.test(request.path);
    check("env-file", isPath, `${place}: expected a path, or path:format with ${envFileFormats.join(", ")}`);
    check(
      "env-file",
      requests.every(({ path }) => path !== request.path),
      `${place}: names a file for the second time`,
    );
    requests.push(request);
  }
  return requests;
}
