import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { version } from "../../src/lib/version.ts";
import { actionRoot } from "../runner/job.ts";
import { ownPlatform } from "./archive.ts";
import { formats, packFolder, packWithRuntime, sha256 } from "./package.ts";
import { isMade, makeRuntime, nodeVersion } from "./runtime.ts";

const dist = join(actionRoot, "dist");
const platform = ownPlatform();
const isMissing = (command: string) => spawnSync(command, ["--version"]).error !== undefined;

test.skipIf(platform === undefined)("it is the same to the byte each time (needs binutils)", () => {
  const once = packWithRuntime(dist, platform as never);
  expect(sha256(packWithRuntime(dist, platform as never))).toBe(sha256(once));
  const listed = execFileSync("tar", ["-tf", "-"], { input: once, encoding: "utf8" }).split("\n");
  expect(listed).toEqual(
    expect.arrayContaining(["index.js", "secret-stash-ci", "runtime/LICENSE", "runtime/node"]),
  );
});

test("it is the Node with which the action is developed", () => {
  const { devDependencies } = JSON.parse(
    execFileSync("cat", [join(actionRoot, "package.json")], { encoding: "utf8" }),
  );
  expect(nodeVersion).toBe(devDependencies.node);
});

// .ci/run makes it; a test downloads nothing.
test.skipIf(!isMade("linux-arm64") || isMissing("qemu-aarch64"))(
  "the one for arm64 runs (needs qemu-user, libstdc++6-arm64-cross and npm run archive -- --runtime linux-arm64)",
  () => {
    const node = join(makeRuntime("linux-arm64"), "node");
    const run = (...args: string[]) =>
      spawnSync("qemu-aarch64", ["-L", "/usr/aarch64-linux-gnu", node, ...args], { encoding: "utf8" }).stdout;
    expect(run("-p", "process.arch + process.version")).toBe(`arm64v${nodeVersion}\n`);
    expect(run(join(dist, "index.js"), "--version")).toContain(version);
  },
);

test.each(["gz", "zst", "xz"] as const)("an archive as tar.%s is unpacked", (format) => {
  if (format !== "gz" && isMissing(format === "xz" ? "xz" : "zstd")) return;
  const folder = mkdtempSync(join(tmpdir(), "unpack-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, "into"));
  writeFileSync(join(folder, `bundle.tar.${format}`), formats[format](packFolder(dist)));
  const script = `. "${join(actionRoot, "templates/parts/sha256.sh")}"; secret_stash_unpack bundle.tar.${format} into`;
  expect(spawnSync("sh", ["-ec", script], { cwd: folder, encoding: "utf8" })).toMatchObject({
    status: 0,
    stderr: "",
  });
  expect(existsSync(join(folder, "into/bundle.js"))).toBe(true);
});
