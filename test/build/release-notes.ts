import { readFileSync } from "node:fs";
import { join } from "node:path";
import { version } from "../../src/lib/version.ts";

// What the changelog says about this version, for the release's page.

/** @throws {Error} if the changelog has no section for the version */
export function releaseNotes(changelog: string, ofVersion: string): string {
  const section = changelog.split(/^## /m).find((text) => text.split(/\s/)[0] === ofVersion);
  if (section === undefined) throw new Error(`docs/CHANGELOG.md has no section ${ofVersion}`);
  return `${section.slice(section.indexOf("\n")).trim()}\n`;
}

if (import.meta.main) {
  const changelog = readFileSync(join(import.meta.dirname, "../../docs/CHANGELOG.md"), "utf8");
  process.stdout.write(releaseNotes(changelog, version));
}
