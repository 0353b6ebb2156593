import { type EnvFileFormat, envFileFormats, isEnvFileFormat } from "../format/env-file-format.ts";
import { printable } from "../lib/printable.ts";
import type { InputReader } from "./reader.ts";

/** One file to write, as the input `env-file` asks for it. */
export interface EnvFileRequest {
  /** relative to the workspace, or absolute */
  path: string;
  format: EnvFileFormat;
}

/** Parses one `path` or `path:format` a line. Text after the last colon is a format only if it names one. */
export function parseEnvFileRequests({
  untrimmed,
  check,
  oneOf,
}: InputReader<"env-file" | "env-file-format">): EnvFileRequest[] {
  const defaultFormat = oneOf("env-file-format", envFileFormats);
  const requests: EnvFileRequest[] = [];
  for (const [index, written] of untrimmed("env-file").split(/\r?\n/).entries()) {
    const line = written.trim();
    if (line === "") continue;
    const colon = line.lastIndexOf(":");
    const format = line.slice(colon + 1);
    const request =
      colon > 0 && isEnvFileFormat(format)
        ? { path: line.slice(0, colon), format }
        : { path: line, format: defaultFormat };
    const place = `line ${index + 1}, "${printable(line)}"`;
    const isPath = !/\p{Cc}|[/\\]$|:\w*$/u.test(request.path);
    check("env-file", isPath, `${place}: expected a path, or path:format with ${envFileFormats.join(", ")}`);
    const isRepeated = requests.some(({ path }) => path === request.path);
    check("env-file", !isRepeated, `${place}: this file is already named above`);
    requests.push(request);
  }
  return requests;
}
