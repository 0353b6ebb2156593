import { expect, test } from "vitest";
import { createMasker } from "./masker.ts";

test.each([
  ["the value itself", "s3cr3t", "x s3cr3t y", "x *** y"],
  ["base64 of it", "s3cr3t", Buffer.from("s3cr3t").toString("base64"), "***"],
  ["base64 without its first byte", "abcdefg", Buffer.from("bcdefg").toString("base64"), "***"],
  ["base64 without its first two bytes", "abcdefg", Buffer.from("cdefg").toString("base64"), "***"],
  ["escaped double quotes", 'a"b"c', 'a\\"b\\"c', "***"],
  ["doubled single quotes", "it's", "it''s", "***"],
  ["JSON", "tab\there", "tab\\there", "***"],
  ["percent-encoding", "a b/c!", "a%20b%2Fc%21", "***"],
  ["XML", "<a&b>", "&lt;a&amp;b&gt;", "***"],
  ["surrounding quotes trimmed, from nine characters up", '"quoted!"', "quoted!", "***"],
  ["the part before the last &", "longpart&rest12", "x longpart& y", "x *** y"],
  ["the part after the last &", "longpart&rest12", "x rest12 y", "x *** y"],
  ["not hex", "s3cr3t", "733363723374", "733363723374"],
  ["not base64url", "~~~???", "fn5-Pz8_", "fn5-Pz8_"],
])("masks %s", (_, secret, line, shown) => {
  const masker = createMasker();
  expect(masker.add(secret)).toBeUndefined();
  expect(masker.mask(line)).toBe(shown);
});

test("overlapping and touching secrets become a single ***", () => {
  const masker = createMasker();
  for (const secret of ["abcd", "bcdef", "ghi"]) masker.add(secret);
  expect(masker.mask("x abcdefghi y")).toBe("x *** y");
});

test("every line of a multi-line secret counts, however short, trimmed, at CR and LF", () => {
  const masker = createMasker();
  masker.add("{\r\n  key: value\n}");
  expect(masker.mask("a { b } key: value c")).toBe("a *** b *** *** c");
});

test("white space alone is refused with a warning", () => {
  const masker = createMasker();
  expect(masker.add(" \n ")).toMatch(/Can't add secret mask/);
  expect(masker.mask("a b")).toBe("a b");
});
