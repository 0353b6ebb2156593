/** How shells print values with `set -x`, `printf %q`, `declare -p` and `export -p`, and how other programs quote them. */
export function shellForms(text: string): string[] {
  const ansi = ansiC(text);
  const zsh = text.replace(/'+/g, (run) => `'${"\\'".repeat(run.length)}'`);
  return [
    text.replaceAll("'", "'\\''"), // POSIX.1-2024, 2.2.2
    text.replaceAll("'", `'"'"'`), // Python's shlex
    ...withoutEmptyQuotes(text),
    ...[zsh, zsh.replace(/^'(?=\\)/, "").replace(/(\\')'$/, "$1")], // without the empty quotes at the ends
    text.replace(/'+/g, (run) => `'"${run}"'`), // busybox
    ...[ansi, octal(ansi), octal(ansi, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu)], // the last one: what cannot be shown
    // bash's printf %q: lib/sh/shquote.c, bstab.
    text.replace(/[\t\n !"$&'()*,;<>?[\\\]^`{|}]|^[#~]|(?<=[:=])~/g, "\\$&"),
    text.replace(/["$\\`]/g, "\\$&"), // inside double quotes
    text.replaceAll("'", "''"), // SQL, YAML
    text.replaceAll("$", "$$$$"), // make, docker compose
    text.replaceAll('"', '\\"'),
    text.replaceAll('"', '""'), // CSV
  ];
}

/** As dash's `set` prints a value with single quotes at its ends: without the empty quotes there. */
function withoutEmptyQuotes(text: string): string[] {
  if (!/^'|'$/.test(text) || /^'+"|"'+$/.test(text)) return [];
  const quoted = text.replaceAll("'", `'"'"'`);
  return [quoted.replace(/^'(?=")/, "").replace(/"'$/, '"')];
}

/** What `echo` of dash and other shells makes of backslashes (POSIX.1-2024, echo, the operands of XSI). */
export function echoed(text: string): string {
  return text.replace(/\\(?:([abfnrtv\\])|0([0-7]{0,3}))/g, (_, letter?: string, digits = "") =>
    letter === undefined
      ? String.fromCharCode(Number.parseInt(digits || "0", 8) & 255)
      : (echoNames[letter] ?? letter),
  );
}

const echoNames: Readonly<Record<string, string>> = {
  ...{ a: "\u0007", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" },
};

/** The control characters of ASCII. Those from U+0080 on are written like other characters, by their bytes. */
export const asciiControls = /(?![\u0080-\u009f])\p{Cc}/gu;

/** `$'…'` without its quotes (POSIX.1-2024, 2.2.4). */
export function ansiC(text: string): string {
  return text.replace(/[\\']/g, "\\$&").replace(asciiControls, (character) => {
    const code = character.charCodeAt(0);
    return `\\${ansiNames.get(code) ?? code.toString(8).padStart(3, "0")}`;
  });
}

const ansiNames = new Map([
  [0x07, "a"],
  [0x08, "b"],
  [0x09, "t"],
  [0x0a, "n"],
  [0x0b, "v"],
  [0x0c, "f"],
  [0x0d, "r"],
  [0x1b, "E"],
]);

/** What is not ASCII, as bash writes it where the locale is C: the octal numbers of its bytes. */
export function octal(text: string, characters = /[\u0080-\uffff]+/g): string {
  return text.replace(characters, (run) =>
    [...Buffer.from(run)].map((byte) => `\\${byte.toString(8)}`).join(""),
  );
}
