import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzip, packWithRuntime, sha256 } from "./package.ts";
import { type Platform, platforms, strippedHashes } from "./runtime.ts";

const root = join(import.meta.dirname, "../..");
const cache = join(root, "node_modules/.cache/secret-stash-tests");

/** The platform of this machine, if there is an archive with a runtime for it and its Node can be stripped. */
export function ownPlatform(): Platform | undefined {
  const own = platforms.find((platform) => platform === `${process.platform}-${process.arch}`);
  const strip = own === "linux-arm64" ? "aarch64-linux-gnu-strip" : "x86_64-linux-gnu-strip";
  return spawnSync(strip, ["--version"]).error === undefined ? own : undefined;
}

/** The archive with a runtime that .ci/run made (BUNDLE_ARCHIVE), else one of our own, compressed little and kept for the next run. */
export function archiveWithRuntime(platform: Platform): { path: string; sha256: string } {
  const given = process.env.BUNDLE_ARCHIVE;
  if (given) return { path: given, sha256: sha256(readFileSync(given)) };
  const dist = join(root, "dist");
  const key = createHash("sha256").update(strippedHashes[platform]);
  for (const file of ["package.json", "bundle.js", "post.js", "secret-stash-ci"]) {
    key.update(readFileSync(join(dist, file)));
  }
  const path = join(cache, `${platform}.tar.gz`);
  const made = `${path}.${key.digest("hex").slice(0, 16)}`;
  if (!existsSync(made)) {
    mkdirSync(cache, { recursive: true });
    writeFileSync(`${made}.${process.pid}`, gzip(packWithRuntime(dist, platform), 1));
    renameSync(`${made}.${process.pid}`, made);
  }
  return { path: made, sha256: sha256(readFileSync(made)) };
}
