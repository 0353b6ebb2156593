import { expect, test } from "vitest";
import { readTemplate } from "../gitlab/job.ts";

// Attack 6: a line of an input that ends the here-document in which the component reads it, so that the next line runs as shell.

test.each(["secret-stash", "exec", "doctor"])(
  "templates/%s: no input can hold the end of a here-document",
  (name) => {
    const { text, spec } = readTemplate(name);
    const ends = new Set(Array.from(text.matchAll(/<<'([^']+)'/g), ([, end = ""]) => end));
    expect([...ends]).toEqual(["SECRET_STASH_END#;"]);
    const pasted = new Set(
      Array.from(text.matchAll(/\$\[\[ inputs\.([\w-]+) \]\]/g), ([, input = ""]) => input),
    );
    for (const [input, { regex, options, type }] of Object.entries(spec.inputs)) {
      if (!pasted.has(input) || input === "job-name" || options !== undefined || type === "boolean") continue;
      const pattern = new RegExp(regex ?? "");
      expect(regex, input).toBeDefined();
      for (const end of [...ends, "SECRET_STASH_END#;"]) {
        expect(pattern.test(`x\n${end}\ntouch pwned`), input).toBe(false);
        expect(pattern.test(end), input).toBe(false);
      }
      for (const fine of ["", "a\nb", "DB_* # a comment; with a semicolon", "# x ## y", "a;b", "#", "x#"]) {
        expect(pattern.test(fine), `${input}: ${fine}`).toBe(true);
      }
    }
  },
);

test("negative control: with another end, the same text would do", () => {
  const { spec } = readTemplate("secret-stash");
  expect(new RegExp(spec.inputs.variables?.regex ?? "").test("x\nSECRET_STASH_END\ntouch pwned")).toBe(true);
});
