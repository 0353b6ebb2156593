import { expect, test } from "vitest";
import { deriveNeedles, exactNeedles } from "../../src/redact/needles.ts";
import { createRedactor } from "../../src/redact/redactor.ts";

const text = (length: number) =>
  Array.from({ length }, (_, index) => String.fromCharCode(33 + ((index * 7919) % 90))).join("");

test.each([
  ["at the end of the first piece", `${text(1023)}😀${text(4500)}`],
  ["at the start of the last piece", `${text(4976)}😀${text(1023)}`],
  ["everywhere", `a${"😀🔑".repeat(1500)}`],
])("a character of two units %s", (_, value) => {
  for (const needles of [exactNeedles([value]), deriveNeedles([value])]) {
    const redactor = createRedactor(needles);
    const shown = Buffer.concat([...redactor.write(Buffer.from(`start ${value} end`)), ...redactor.end()]);
    expect(shown.toString()).toBe("start *** end");
  }
});
