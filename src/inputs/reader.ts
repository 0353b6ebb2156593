import { printable } from "../lib/errors.ts";

/** The environment variable that an input is read from as well. */
export function inputVariable(name: string): string {
  return `SECRET_STASH_${name.replaceAll("-", "_").toUpperCase()}`;
}

/** Reads inputs as typed values, and collects what is wrong with them. */
export interface InputReader<Name extends string> {
  /** trimmed; the default when nothing is given */
  text(name: Name): string;
  /** as given, for inputs whose mistakes name a line */
  untrimmed(name: Name): string;
  required(name: Name, remedy: string): string;
  /** separated by commas or white space; each is checked, and a mistake says in which line it stands */
  list(name: Name, isRight?: (item: string) => boolean, expected?: string): string[];
  flag(name: Name): boolean;
  wholeNumber(name: Name, range: readonly [least: number, most: number], unit: string): number;
  oneOf<Value extends string>(name: Name, values: readonly Value[]): Value;
  check(name: Name, isRight: boolean, expected: string): void;
  readonly mistakes: readonly string[];
}

export function createInputReader<Name extends string>(
  given: (name: Name) => string,
  defaults: Readonly<Record<Name, string>>,
): InputReader<Name> {
  const mistakes: string[] = [];
  const text = (name: Name) => given(name).trim() || defaults[name];
  const untrimmed = (name: Name) => (given(name).trim() === "" ? defaults[name] : given(name));
  const check = (name: Name, isRight: boolean, expected: string) => {
    if (!isRight) mistakes.push(`${name}: ${expected}`);
  };
  return {
    text,
    untrimmed,
    check,
    mistakes,
    required: (name, remedy) => {
      check(name, text(name) !== "", `is missing. ${remedy}`);
      return text(name);
    },
    list: (name, isRight = () => true, expected = "") =>
      untrimmed(name)
        .split(/\r?\n/)
        .flatMap((line, index) => {
          const items = line.split(/[\s,]+/).filter(Boolean);
          for (const item of items) {
            check(name, isRight(item), `line ${index + 1}, "${printable(item)}": ${expected}`);
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
  };
}
