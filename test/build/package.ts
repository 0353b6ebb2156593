import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { version } from "../../src/lib/version.ts";

// The release's assets for systems without actions: dist/ as an archive that anybody can reproduce to the byte, and the folder of the npm
// package.

const root = join(import.meta.dirname, "../..");

/** GNU tar, with everything fixed that would differ between machines. Node's gzip writes neither name nor time. */
export function packBundle(dist: string): Buffer {
  const fixed = [
    "--sort=name",
    "--mtime=@0",
    "--owner=0",
    "--group=0",
    "--numeric-owner",
    "--mode=u=rwX,go=rX",
  ];
  const files = readdirSync(dist).sort();
  const tar = execFileSync("tar", ["--format=ustar", ...fixed, "-C", dist, "-cf", "-", ...files], {
    maxBuffer: 2 ** 26,
  });
  const archive = gzipSync(tar, { level: 9 });
  archive[9] = 0xff; // RFC 1952 section 2.3.1: the system it was made on, unknown
  return archive;
}

export function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** The npm package: the bundle, with no dependencies to install, so that none comes along that the lock file does not list. */
export function writeNpmPackage(folder: string): void {
  const { name, description, license, repository, engines } = JSON.parse(
    readFileSync(join(root, "package.json"), "utf8"),
  );
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const entry of ["dist", "README.md", "LICENSE"]) {
    cpSync(join(root, entry), join(folder, entry), { recursive: true });
  }
  const manifest = {
    ...{ name, version, description, license, repository, type: "module" },
    bin: { "secret-stash-ci": "dist/index.js" },
    files: ["dist"],
    engines,
  };
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}

if (import.meta.main) {
  writeNpmPackage(join(root, "lib/npm"));
  const archive = packBundle(join(root, "dist"));
  const path = `lib/secret-stash-ci-${version}.tar.gz`;
  writeFileSync(join(root, path), archive);
  console.log(`${sha256(archive)}  ${path}`);
}
