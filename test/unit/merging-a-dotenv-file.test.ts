import { describe, expect, test } from "vitest";
import { mergeDotenv } from "../../src/format/dotenv/merge.ts";
import { portable } from "../../src/format/dotenv/portable.ts";

const merge = (text: string, values: Record<string, string>) =>
  mergeDotenv(text, new Map(Object.entries(values)), portable);

test.each([
  ["a new file", "", { A: "1", B: "x y" }, "A='1'\nB='x y'\n"],
  ["an empty value", "", { A: "" }, "A=''\n"],
  ["a single quote", "", { A: "it's" }, 'A="it\'s"\n'],
  ["lines", "", { A: "one\ntwo\n" }, 'A="one\ntwo\n"\n'],
  ["comments and order stay", "# top\nB=2\n\n# mid\nA=1\n", { A: "x" }, "# top\nB=2\n\n# mid\nA='x'\n"],
  ["unknown lines stay", "not an assignment\nA=1\n??\n", { A: "x" }, "not an assignment\nA='x'\n??\n"],
  ["a name is replaced wherever it stands", "A=1\nB=2\nA=3\n", { A: "x" }, "A='x'\nB=2\nA='x'\n"],
  ["export stays", "export A=1\n", { A: "x" }, "export A='x'\n"],
  ["indentation stays, spaces around = go", "  A = 1\n", { A: "x" }, "  A='x'\n"],
  [
    "a comment after the value stays",
    "A=1 # why\nB='#' # q\n",
    { A: "x", B: "y" },
    "A='x' # why\nB='y' # q\n",
  ],
  ["a # in a bare word is no comment", "A=a#b\n", { A: "x" }, "A='x'\n"],
  ["a commented-out assignment stays", "#A=1\n# A=2\n", { A: "x" }, "#A=1\n# A=2\nA='x'\n"],
  [
    "CRLF stays, and is used for what is added",
    "B=2\r\nA=1\r\n",
    { A: "x", C: "y" },
    "B=2\r\nA='x'\r\nC='y'\r\n",
  ],
  ["a missing last newline is added only where something follows", "A=1", { A: "x" }, "A='x'"],
  ["… as here", "A=1", { B: "x" }, "A=1\nB='x'\n"],
  ["a multi-line value is replaced whole", 'A="one\nB=2\nthree"\nB=3\n', { A: "x" }, "A='x'\nB=3\n"],
  [
    "an assignment inside a value is not one",
    'A="one\nB=2\nthree"\nB=3\n',
    { B: "x" },
    "A=\"one\nB=2\nthree\"\nB='x'\n",
  ],
  ["an escaped quote does not end a value", 'A="a\\"\nb"\nB=1\n', { A: "x" }, "A='x'\nB=1\n"],
  ["a quote that never closes ends with its line", "A='oops\nB=1\n", { A: "x" }, "A='x'\nB=1\n"],
  ["a name that contains another is left alone", "AA=1\nA_B=2\n", { A: "x" }, "AA=1\nA_B=2\nA='x'\n"],
  ["a BOM stays at the top", "\uFEFFA=1\n", { A: "x" }, "\uFEFFA='x'\n"],
  ["replacement patterns mean nothing", "A=1\n", { A: "$& $1 $$" }, "A='$& $1 $$'\n"],
  ["U+2028 ends no line", "B=a\u2028A=1\n", { A: "x" }, "B=a\u2028A=1\nA='x'\n"],
])("%s", (_, text, values, merged) => {
  expect(merge(text, values as Record<string, string>)).toBe(merged);
});

describe("a value that some reader cannot read is refused by name, with that reader", () => {
  test.each([
    ["a carriage return", "a\r\nb", /carriage return, which npm's dotenv/],
    ["a doubled backslash", "C:\\\\x", /doubled or final backslash, which python-dotenv/],
    ["a final backslash", "C:\\", /doubled or final backslash, which python-dotenv/],
    ["an interpolation", "a ${B} c", /python-dotenv expands/],
    ['="', 'x="y', /phpdotenv ignores the rest/],
    ["both quotes", `it's "quoted"`, /double quote together .*npm's dotenv/],
    ["a backslash beside a line break", "a\\n\nb", /backslash together .*phpdotenv/],
    ["a backtick beside a single quote", "it's `id`", /backtick together .*POSIX shell/],
    ["a dollar sign beside a line break", "$HOME\n", /dollar sign together .*ruby's dotenv/],
    ["a last = after a line break", "a\nb=", /phpdotenv 5.4/],
  ])("%s", (_, value, reason) => {
    expect(() => merge("", { FINE: "fine", BAD_NAME: value })).toThrow(
      expect.objectContaining({ code: "VALUES_REFUSED", message: expect.stringMatching(reason) }),
    );
    expect(() => merge("", { BAD_NAME: value })).toThrow(/- BAD_NAME: /);
    expect(() => merge("", { BAD_NAME: value })).not.toThrow(value);
  });

  test.each(["UID", "_", "RANDOM", "__proto__"])("the name %s", (name) => {
    expect(() => mergeDotenv("", new Map([[name, "x"]]), portable)).toThrow(
      expect.objectContaining({ code: "VALUES_REFUSED" }),
    );
  });

  test("many of them make one error of limited length", () => {
    const values = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`NAME_${index}`, "\r"]));
    expect(() => merge("", values)).toThrow(/- and 480 more/);
  });
});
