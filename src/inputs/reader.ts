import { StashError } from "../lib/errors.ts";
import { printable } from "../lib/printable.ts";

/** Reads inputs as typed values, and collects the mistakes in them. */
export interface InputReader<Name extends string> {
  /** The trimmed text; the default if nothing is given. */
  text(name: Name): string;
  /** The text as given, for inputs whose mistakes are reported by line. */
  untrimmed(name: Name): string;
  required(name: Name, remedy: string): string;
  /** Items separated by commas or white space. Each is checked, and a mistake is reported with its line. */
  list(name: Name, isValid?: (item: string) => boolean, why?: string): string[];
  flag(name: Name): boolean;
  wholeNumber(name: Name, range: readonly [least: number, most: number], unit: string): number;
  oneOf<Value extends string>(name: Name, values: readonly Value[]): Value;
  /** @param why goes after the input's name: `must be …` */
  check(name: Name, isValid: boolean, why: string): void;
  /** @throws {StashError} `INPUTS_INVALID`, with every mistake at once */
  throwIfInvalid(headline: string): void;
}

export function createInputReader<Name extends string>(
  given: (name: Name) => string,
  defaults: Readonly<Record<Name, string>>,
): InputReader<Name> {
  const mistakes: string[] = [];
  const text = (name: Name) => given(name).trim() || defaults[name];
  const untrimmed = (name: Name) => (given(name).trim() === "" ? defaults[name] : given(name));
  const check = (name: Name, isValid: boolean, why: string) => {
    if (!isValid) mistakes.push(`${name}: ${why}`);
  };
  return {
    text,
    untrimmed,
    check,
    required: (name, remedy) => {
      check(name, text(name) !== "", `is missing. ${remedy}`);
      return text(name);
    },
    list: (name, isValid = () => true, why = "") =>
      untrimmed(name)
        .split(/\r?\n/)
        .flatMap((line, index) => {
          const items = line.split(/[\s,]+/).filter(Boolean);
          for (const item of items) {
            check(name, isValid(item), `line ${index + 1}, "${printable(item)}": ${why}`);
          }
          return items;
        }),
    flag: (name) => {
      check(name, /^(true|false)$/i.test(text(name)), "must be true or false");
      return /^true$/i.test(text(name));
    },
    wholeNumber: (name, [least, most], unit) => {
      const number = /^\d{1,9}$/.test(text(name)) ? Number(text(name)) : Number.NaN;
      check(
        name,
        number >= least && number <= most,
        `must be a whole number of ${unit} from ${least} to ${most}`,
      );
      return number;
    },
    oneOf: (name, values) => {
      const value = values.find((one) => one === text(name));
      check(name, value !== undefined, `must be ${values.slice(0, -1).join(", ")} or ${values.at(-1)}`);
      return value ?? (values[0] as (typeof values)[number]);
    },
    throwIfInvalid: (headline) => {
      if (mistakes.length === 0) return;
      const lines = mistakes.map((mistake) => `- ${mistake}`);
      throw new StashError("INPUTS_INVALID", `${headline}\n${lines.join("\n")}`);
    },
  };
}

/** Ids become parts of a path, in which `.` and `..` have a meaning. */
export function isIdentifier(text: string): boolean {
  return !/^\.{1,2}$|\p{Cc}/u.test(text);
}
