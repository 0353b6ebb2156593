import { listNames } from "../lib/printable.ts";

/** What was found, and where. */
export interface Found {
  name: string;
  /** below the workspace, with slashes; `undefined` for a path that is elsewhere, or that holds a value */
  path: string | undefined;
}

/** Says what a leak check found. */
export function describeFound(found: readonly Found[]): string {
  const places = found.length === 1 ? "one place" : `${found.length} places`;
  return (
    `The leak check found ${listNames(namesOf(found))} in ${places} of the job's files. If a later step uploads, caches or commits these ` +
    "files, the values go with them. Keep values out of files, or delete the files before the job ends. Rotate every value that has already " +
    "left the runner."
  );
}

function namesOf(found: readonly Found[]): string[] {
  return [...new Set(found.map(({ name }) => name))].sort();
}

const MAX_LINES = 10;

/** How to accept what was found: lines to paste into the inputs, and only those that mean there what they are to mean. */
export function describeRemedies(found: readonly Found[]): string[] {
  const paths = [...new Set(found.flatMap(({ path }) => path ?? []))].sort().slice(0, MAX_LINES);
  const variables = namesOf(found).filter((name) => /^\w+$/.test(name)); // A value that was not selected has none.
  return [
    ...(paths.length > 0
      ? ["SecretStash: for files that are meant to hold values, add to leak-ignore:", ...paths.map(asPattern)]
      : []),
    ...(variables.length > 0
      ? [`SecretStash: for values that are not secret, add to unmasked: ${variables.join(", ")}`]
      : []),
  ];
}

/** A path as a pattern that matches nothing else (gitignore(5)). */
function asPattern(path: string): string {
  return `/${path.replace(/[\\*?]/g, "\\$&").replace(/ $/, "\\ ")}`;
}
