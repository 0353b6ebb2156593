import { expect, test } from "vitest";
import { parseCommandFile } from "./command-file.ts";

test.each([
  [
    "A=1\nB=x=y\n",
    [
      ["A", "1"],
      ["B", "x=y"],
    ],
  ],
  ["A<<E\none\ntwo\nE\n", [["A", "one\ntwo"]]],
  ["A<<E\n\nE\n", [["A", ""]]],
  ["A<<E\nE\n", [["A", ""]]],
  ["A<<E\r\nx\r\nE\r\n", [["A", "x\r"]]],
  ["A=b<<E\n", [["A", "b<<E"]]],
  ["\n\nA=1", [["A", "1"]]],
])("%j", (text, pairs) => {
  expect(parseCommandFile(text)).toEqual(pairs);
});

test.each(["A<<E\none\n", "<<E\nE\n", "A<<\n", "nonsense\n"])("refuses %j", (text) => {
  expect(() => parseCommandFile(text)).toThrow(/Invalid/);
});
