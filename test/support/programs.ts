import { mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

/** A folder for PATH with links to all programs that the test can start, but these. The caller deletes it. */
export function linkPrograms(except: readonly string[]): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "programs-"));
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    for (const name of namesIn(folder)) {
      if (except.includes(name) || /^(?:node|nodejs|npm|npx)$/.test(name)) continue;
      try {
        symlinkSync(join(folder, name), join(path, name));
      } catch {} // The first one in PATH counts.
    }
  }
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A folder for PATH with these links only, by name. */
export function linkOnly(links: Readonly<Record<string, string>>): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "programs-"));
  for (const [name, target] of Object.entries(links)) symlinkSync(target, join(path, name));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
