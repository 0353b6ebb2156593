import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { constants, gzipSync, zstdCompressSync } from "node:zlib";
import { version } from "../../src/lib/version.ts";
import { makeRuntime, type Platform, platforms } from "./runtime.ts";

// The release's assets for systems without actions: dist/ as an archive that anybody can reproduce to the byte, archives of dist/ with a Node
// for images that have none, and the folder of the npm package.

const root = join(import.meta.dirname, "../..");

/** GNU tar, with everything fixed that would differ between machines. */
export function packFolder(folder: string): Buffer {
  const fixed = [
    "--sort=name",
    "--mtime=@0",
    "--owner=0",
    "--group=0",
    "--numeric-owner",
    "--mode=u=rwX,go=rX",
  ];
  const files = readdirSync(folder).sort();
  return execFileSync("tar", ["--format=ustar", ...fixed, "-C", folder, "-cf", "-", ...files], {
    maxBuffer: 2 ** 28,
  });
}

/** Node's gzip writes neither name nor time. */
export function gzip(bytes: Buffer, level = 9): Buffer {
  const archive = gzipSync(bytes, { level });
  archive[9] = 0xff; // RFC 1952 section 2.3.1: the system it was made on, unknown
  return archive;
}

/** How an archive is compressed, by the end of its name. */
export const formats = {
  gz: gzip,
  zst: (bytes: Buffer) => zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 19 } }),
  // One thread, because several would make other blocks; a check that busybox knows.
  xz: (bytes: Buffer) =>
    execFileSync("xz", ["-9", "--threads=1", "--check=crc32", "--stdout"], {
      input: bytes,
      maxBuffer: 2 ** 28,
    }),
} as const;
type Format = keyof typeof formats;

export function packBundle(dist: string): Buffer {
  return gzip(packFolder(dist));
}

/** A tar archive of dist/ with Node in the folder `runtime`. */
export function packWithRuntime(dist: string, platform: Platform): Buffer {
  const folder = mkdtempSync(join(tmpdir(), "package-"));
  try {
    cpSync(dist, folder, { recursive: true });
    cpSync(makeRuntime(platform), join(folder, "runtime"), { recursive: true });
    return packFolder(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
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
  const { values } = parseArgs({
    options: {
      runtime: { type: "string", multiple: true, default: [] },
      format: { type: "string", multiple: true, default: Object.keys(formats) },
    },
  });
  const unknown = [
    ...values.runtime.filter((name) => !platforms.includes(name as Platform)),
    ...values.format.filter((name) => !(name in formats)),
  ];
  if (unknown.length > 0) {
    console.error(
      `npm run package does not know ${unknown.join(", ")}: --runtime ${platforms.join(" | ")}, --format ${Object.keys(formats).join(" | ")}`,
    );
    process.exit(2);
  }
  writeNpmPackage(join(root, "lib/npm"));
  const dist = join(root, "dist");
  const write = (name: string, archive: Buffer) => {
    const path = `lib/secret-stash-ci-${version}${name}`;
    writeFileSync(join(root, path), archive);
    console.log(`${sha256(archive)}  ${path}`);
  };
  write(".tar.gz", packBundle(dist));
  for (const platform of values.runtime as Platform[]) {
    const tar = packWithRuntime(dist, platform);
    for (const format of values.format as Format[]) write(`-${platform}.tar.${format}`, formats[format](tar));
  }
}
