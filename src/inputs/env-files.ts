import { type EnvFileFormat, envFileFormats, isEnvFileFormat } from "../format/env-file-format.ts";
import { printable } from "../lib/printable.ts";
import { parseVariableRules, type VariableRule } from "../select/rules.ts";
import type { InputReader } from "./reader.ts";

const WITH_FORMAT = /^(?<path>.+?):(?<format>[a-z-]+)(?:\s+(?<written>\S.*))?$/;

/** One file to write, as the input `env-file` asks for it. */
export interface EnvFileRequest {
  /** relative to the workspace, or absolute */
  path: string;
  format: EnvFileFormat;
  /** which of the exported variables it holds; all of them if there are none */
  rules: readonly VariableRule[];
}

/**
 * Parses one `path`, `path:format` or `path:format RULES` a line. Text after a colon is a format only if it names one, and a path may contain
 * spaces.
 */
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
    const place = `line ${index + 1}, "${printable(line)}"`;
    const { path = "", format = "", written: names } = WITH_FORMAT.exec(line)?.groups ?? {};
    const request =
      path !== "" && isEnvFileFormat(format)
        ? {
            path,
            format,
            rules: parseRules(names, (why) =>
              check("env-file", false, `${place}: ${why.replace(/^line 1, ".*": /, "")}`),
            ),
          }
        : { path: line, format: defaultFormat, rules: [] };
    // A path that ends like a format or like rules was meant as one: the file would hold every variable under an odd name.
    const isPath = !/\p{Cc}|[/\\]$|:[\w-]*(\s|$)|\s.*[*!]|\s[A-Z][A-Z0-9_]*[,?]?$/u.test(request.path);
    check(
      "env-file",
      isPath,
      `${place}: expected a path, or path:format with ${envFileFormats.join(", ")} (and then rules, if it is not to hold everything)`,
    );
    const isRepeated = requests.some(({ path }) => path === request.path);
    check("env-file", !isRepeated, `${place}: this file is already named above`);
    requests.push(request);
  }
  return requests;
}

function parseRules(written: string | undefined, refuse: (why: string) => void): VariableRule[] {
  if (written === undefined) return [];
  const rules = parseVariableRules(written, refuse);
  if (rules.some(({ target }) => target !== undefined))
    refuse("names are changed in variables (NAME as OTHER), not here");
  return rules;
}
