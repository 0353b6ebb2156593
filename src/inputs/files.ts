import { printable } from "../lib/printable.ts";
import type { InputReader } from "./reader.ts";

/** One rule of `files`: a variable whose value becomes a file. */
export interface FileRequest {
  /** 1-based */
  line: number;
  /** of the variable, after renaming */
  name: string;
  /** whether the variable may be missing */
  isOptional: boolean;
  /** relative to the workspace, or absolute; `~` for a file in the session's own folder */
  path: string;
  /** the variable that is to hold the path of the file; `undefined` if none is */
  pathName: string | undefined;
  /** whether the value is base64 of the content */
  isBase64: boolean;
  /** permission bits */
  mode: number;
  /** whether the variable is exported as well */
  isExported: boolean;
}

/** The path that stands for the session's own folder. */
export const OWN_FOLDER = "~";

const RULE =
  /^(?<name>[A-Za-z_]\w*)(?<optional>\??)\s*>\s*(?<path>\S+?)(?<options>(?:\s+(?:as\s+[A-Za-z_]\w*|base64|mode\s+\d+|export))*)$/;
const EXPECTED =
  "expected NAME > path without white space in the path, then as ENV_NAME, base64, mode 0400 or export if they are wanted";
const OWNER_READS = 0o400;
const OTHERS_WRITE = 0o022;

/** Parses one `NAME > path [as ENV_NAME] [base64] [mode 0400] [export]` a line. `#` at the beginning of a line starts a comment. */
export function parseFileRequests({ untrimmed, check }: InputReader<"files">): FileRequest[] {
  const requests: FileRequest[] = [];
  for (const [index, written] of untrimmed("files").split(/\r?\n/).entries()) {
    const text = written.trim();
    if (text === "" || text.startsWith("#")) continue;
    const refuse = (isWrong: boolean, why: string) =>
      check("files", !isWrong, `line ${index + 1}, "${printable(text)}": ${why}`);
    const { name = "", optional, path = "", options = "" } = RULE.exec(text)?.groups ?? {};
    refuse(name === "", EXPECTED);
    if (name === "") continue;
    const words = options
      .replaceAll(/\b(as|mode)\s+\S+/g, "$1")
      .split(/\s+/)
      .filter(Boolean);
    refuse(new Set(words).size < words.length, "says one thing twice");
    const mode = /\bmode\s+(\d+)/.exec(options)?.[1] ?? "600";
    const request: FileRequest = {
      line: index + 1,
      name,
      isOptional: optional === "?",
      path,
      pathName: /\bas\s+(\w+)/.exec(options)?.[1],
      isBase64: /\bbase64\b/.test(options.replace(/\bas\s+\w+/, "")),
      mode: Number.parseInt(mode, 8),
      isExported: /\bexport\b/.test(options.replace(/\bas\s+\w+/, "")),
    };
    const isMode = /^0?[0-7]{3}$/.test(mode) && (request.mode & OWNER_READS) !== 0;
    refuse(
      !isMode || (request.mode & OTHERS_WRITE) !== 0,
      "mode must let the owner read and nobody else write, as 0400 and 0640 do",
    );
    refuse(/\p{Cc}|[/\\]$/u.test(path), EXPECTED);
    refuse(
      path.startsWith("~") && path !== OWN_FOLDER,
      "~ alone is the session's own folder. For a file in the home directory, write its absolute path",
    );
    const isTaken = requests.some(
      (other) => other.path === path && (path !== OWN_FOLDER || other.name === name),
    );
    refuse(isTaken, "another rule above writes this file");
    const { pathName } = request;
    const isTakenName = pathName !== undefined && requests.some((other) => other.pathName === pathName);
    refuse(isTakenName, `another rule above sets ${pathName}`);
    requests.push(request);
  }
  return requests;
}
