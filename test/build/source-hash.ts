import { createHash } from "node:crypto";
import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

// `npm run build` notes in dist/package.json from which source dist/ was built, so that the tests never run a stale bundle unnoticed.

const root = join(import.meta.dirname, "../..");
const manifest = join(root, "dist/package.json");

/** SHA-256 over the names and contents of everything that is compiled, and of what says which packages are bundled. */
export function hashSource(): string {
  const hash = createHash("sha256");
  const given = ["tsconfig.json", "package.json", "package-lock.json"];
  for (const file of [...given, ...globSync("src/**/*.{ts,js,json,sh}", { cwd: root }).sort()]) {
    hash
      .update(`${file.replaceAll("\\", "/")}\0`)
      .update(readFileSync(join(root, file)))
      .update("\0");
  }
  return hash.digest("hex");
}

export function builtFrom(): string {
  return JSON.parse(readFileSync(manifest, "utf8")).source;
}

/** SHA-256 of what the GitLab component runs at the end of a job, by which it knows its own bundle again. */
export function hashLaunched(): string {
  const hash = createHash("sha256");
  for (const file of ["index.js", "bundle.js", "package.json"]) {
    hash.update(readFileSync(join(root, "dist", file))).update("\0");
  }
  return hash.digest("hex");
}

export const knownBundle = /SS_KNOWN=([0-9a-f]{64})/;

if (import.meta.main) {
  writeFileSync(manifest, `${JSON.stringify({ type: "module", source: hashSource() }, null, 2)}\n`);
  const template = join(root, "templates/secret-stash/template.yml");
  const text = existsSync(template) ? readFileSync(template, "utf8") : ""; // A copy of the source for a test has none.
  if (text !== "") writeFileSync(template, text.replace(knownBundle, `SS_KNOWN=${hashLaunched()}`));
}
