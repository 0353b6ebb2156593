import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { deriveNeedles } from "../../src/redact/needles.ts";
import { createRedactor } from "../../src/redact/redactor.ts";

// Values with every character that some program escapes, long enough for lines of dumps.
const values = {
  PUNCTUATION: "'p\"q`r$s\\\\n t&u<v>w/x?y#z%A~B*C(D)E[F]G{H}I|J;K:L,M@N!O^P+Q=R'",
  LONG: "correct-horse/battery+staple=0123456789~correct*horse'battery\"staple_0123456789",
  ACCENTS: "pässwörd-世界-\u2028-🌍 of the app",
};

/** A program that prints what is in the variable V, and the text around it, if it puts some there. */
const programs: [name: string, command: string[], isEncoded?: boolean][] = [
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
];

const isMissing = ([file = ""]: string[]) => spawnSync("sh", ["-c", `command -v ${file}`]).status !== 0;

describe.each(programs)("%s", (name, command) => {
  test.skipIf(isMissing(command)).each(Object.entries(values))(
    "of %s shows no eight characters in a row",
    (_, value) => {
      if (name === "perl: quotemeta" && /[^\0-\u007f]/.test(value)) return;
      const V = name === "node: path of a URL" ? value.replaceAll(/[/\\]/g, "_") : value;
      const [file = "", ...args] = command;
      const env = { PATH: process.env.PATH ?? "", LC_ALL: "C.UTF-8", SHLVL: "2", V };
      const { stdout, stderr } = spawnSync(file, args, { env });
      const printed = Buffer.concat([stdout, stderr]);
      const redactor = createRedactor(deriveNeedles([V]));
      const shown = Buffer.concat([...redactor.write(printed), ...redactor.end()]).toString();
      expect(shown).toContain("***");
      // What is left of the program's own text is the same for another value.
      const own = ["Z", "\u2028"].map((other) => {
        const { stdout: out, stderr: error } = spawnSync(file, args, { env: { ...env, V: other } });
        return Buffer.concat([out, error]).toString();
      });
      for (const piece of shown.split(/\*\*\*|\n/).map((text) => text.trim())) {
        for (let at = 0; at + 8 <= piece.length; at += 1) {
          const part = piece.slice(at, at + 8);
          expect(own.join().includes(part), JSON.stringify({ shown, part })).toBe(true);
        }
      }
    },
  );
});

test("negative control: with nothing but the value itself, a trace shows it", () => {
  const redactor = createRedactor([values.LONG]);
  const { stderr } = spawnSync("bash", ["-c", 'set -x; [[ x == "$V" ]]; :'], {
    env: { PATH: process.env.PATH ?? "", V: values.LONG },
  });
  expect(Buffer.concat([...redactor.write(stderr), ...redactor.end()]).toString()).toContain(
    "\\c\\o\\r\\r\\e\\c\\t",
  );
});
