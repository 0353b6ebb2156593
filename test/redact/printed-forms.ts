import { spawnSync } from "node:child_process";
import { deriveNeedles } from "../../src/redact/needles.ts";
import { createRedactor } from "../../src/redact/redactor.ts";
import { runnerMasks } from "../../src/redact/runner-masks.ts";
import { createMasker } from "../runner/masker.ts";

// Values with every character that some program escapes, long enough for lines of dumps.
export const values = {
  PUNCTUATION: "'p\"q`r$s\\\\n t&u<v>w/x?y#z%A~B*C(D)E[F]G{H}I|J;K:L,M@N!O^P+Q=R'",
  LONG: "correct-horse/battery+staple=0123456789~correct*horse'battery\"staple_0123456789",
  ACCENTS: "pässwörd-世界-\u2028-🌍 of the app",
};

/** A program that prints what is in the variable V, and the text around it, if it puts some there. */
export const programs: [name: string, command: string[]][] = [
  ["bash: set -x of [[ ]]", ["bash", "-c", 'set -x; [[ x == "$V" ]]; :']],
  ["bash: set -x", ["bash", "-c", 'set -x; : "$V"']],
  ["bash: printf %q", ["bash", "-c", 'printf "%q\\n" "$V"']],
  ["bash: declare -p", ["bash", "-c", "declare -p V"]],
  ["dash: set", ["dash", "-c", "set | grep ^V="]],
  ["dash: echo", ["dash", "-c", 'echo "$V"']],
  ["dash: set -x", ["dash", "-c", 'set -x; : "$V"']],
  ["busybox: set", ["busybox", "sh", "-c", "set | grep ^V="]],
  ["xxd -p", ["bash", "-c", 'printf %s "$V" | xxd -p']],
  ["base64", ["bash", "-c", 'printf %s "$V" | base64']],
  ["openssl base64", ["bash", "-c", 'printf %s "$V" | openssl base64']],
  ["ruby: encode64", ["ruby", "-rbase64", "-e", 'puts Base64.encode64(ENV["V"])']],
  ["ruby: Shellwords", ["ruby", "-rshellwords", "-e", 'puts ENV["V"].shellescape']],
  ["ruby: CGI.escape", ["ruby", "-rcgi", "-e", 'puts CGI.escape(ENV["V"])']],
  ["ruby: JSON twice", ["ruby", "-rjson", "-e", 'puts JSON.generate(JSON.generate([ENV["V"]]))']],
  // Of text that is not ASCII, Perl escapes the bytes.
  ["perl: quotemeta", ["perl", "-e", 'print quotemeta($ENV{V}), "\\n"']],
  ["php: json_encode", ["php", "-r", 'echo json_encode(getenv("V")), "\\n";']],
  ["php: json_encode twice", ["php", "-r", 'echo json_encode(json_encode(getenv("V"))), "\\n";']],
  ["php: JSON_HEX_*", ["php", "-r", 'echo json_encode(getenv("V"), 15), "\\n";']],
  ["php: urlencode", ["php", "-r", 'echo urlencode(getenv("V")), "\\n";']],
  ["php: http_build_query", ["php", "-r", 'echo http_build_query(["a" => getenv("V")]), "\\n";']],
  ["php: escapeshellarg", ["php", "-r", 'echo escapeshellarg(getenv("V")), "\\n";']],
  ["php: htmlspecialchars", ["php", "-r", 'echo htmlspecialchars(getenv("V")), "\\n";']],
  ["python: repr", ["python3", "-c", 'import os; print(repr(os.environ["V"]))']],
  ["python: json", ["python3", "-c", 'import os, json; print(json.dumps(os.environ["V"]))']],
  ["python: shlex", ["python3", "-c", 'import os, shlex; print(shlex.quote(os.environ["V"]))']],
  ["python: urllib", ["python3", "-c", 'import os, urllib.parse as p; print(p.quote_plus(os.environ["V"]))']],
  ["node: URLSearchParams", ["node", "-e", "console.log(String(new URLSearchParams({ a: process.env.V })))"]],
  [
    "node: user and password of a URL",
    [
      "node",
      "-e",
      "const u = new URL('https://h'); u.password = process.env.V; u.username = 'u'; console.log(u.href)",
    ],
  ],
  [
    "node: path of a URL",
    ["node", "-e", "const u = new URL('https://h'); u.pathname = process.env.V; console.log(u.href)"],
  ],
  ["user:VALUE in base64", ["bash", "-c", 'printf %s "user:$V" | base64']],
  ["user:VALUE in openssl base64", ["bash", "-c", 'printf %s "user:$V" | openssl base64']],
  ["user:VALUE in xxd -p", ["bash", "-c", 'printf %s "user:$V" | xxd -p']],
  [
    "hex with colons",
    ["node", "-p", "Buffer.from(process.env.V).toString('hex').replace(/..(?!$)/g, '$&:')"],
  ],
  ["od -An -tx1", ["bash", "-c", 'printf %s "$V" | od -An -tx1']],
  ["base32", ["bash", "-c", 'printf %s "$V" | base32']],
  ["two lines of a terminal", ["bash", "-c", 'echo "$V" | fold -w 30']],
];

export const isMissing = ([file = ""]: readonly string[]) =>
  spawnSync("sh", ["-c", `command -v ${file}`]).status !== 0;

/** What is left of a value where a program printed it: the first eight characters in a row, or nothing. */
export interface Shown {
  /** by name of the value */
  gitLab: Map<string, string>;
  gitHub: Map<string, string>;
}

/** Prints each value with the program, and masks what comes out as our redactor and as GitHub's runner do. */
export function measure(name: string, [file = "", ...args]: readonly string[]): Shown {
  const shown: Shown = { gitLab: new Map(), gitHub: new Map() };
  for (const [valueName, value] of Object.entries(values)) {
    const V = name === "node: path of a URL" ? value.replaceAll(/[/\\]/g, "_") : value;
    const env = { PATH: process.env.PATH ?? "", LC_ALL: "C.UTF-8", SHLVL: "2" };
    const print = (text: string) => {
      const { stdout, stderr } = spawnSync(file, args, { env: { ...env, V: text } });
      return Buffer.concat([stdout, stderr]);
    };
    const printed = print(V);
    // What is left of the program's own text is the same for another value.
    const own = ["Z", "\u2028"].map((other) => print(other).toString()).join();
    const redactor = createRedactor(deriveNeedles([V]));
    const masker = createMasker();
    for (const mask of [V, ...runnerMasks([V])]) masker.add(mask);
    const texts = {
      gitLab: Buffer.concat([...redactor.write(printed), ...redactor.end()]).toString(),
      gitHub: printed
        .toString()
        .split("\n")
        .map((line) => masker.mask(line))
        .join("\n"),
    };
    for (const system of ["gitLab", "gitHub"] as const) {
      const part = findLeft(texts[system], own);
      if (part !== undefined) shown[system].set(valueName, part);
    }
  }
  return shown;
}

function findLeft(text: string, own: string): string | undefined {
  for (const piece of text.split(/\*\*\*|\n/).map((part) => part.trim())) {
    for (let at = 0; at + 8 <= piece.length; at += 1) {
      if (!own.includes(piece.slice(at, at + 8))) return piece.slice(at, at + 8);
    }
  }
  return undefined;
}

/** A row of the table in docs/masking.md. */
export function rowOf(name: string, { gitLab, gitHub }: Shown): string {
  const told = (left: Map<string, string>) => {
    if (left.size === 0) return "masked";
    return left.size === Object.keys(values).length
      ? "**shows**"
      : `**shows** (${[...left.keys()].join(", ")})`;
  };
  return `| ${name.replaceAll("|", "\\|")} | ${told(gitHub)} | ${told(gitLab)} |`;
}
