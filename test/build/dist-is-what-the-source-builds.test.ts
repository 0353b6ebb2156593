import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect, test } from "vitest";
import { actionRoot } from "../runner/job.ts";

test("a build in another folder gives the committed bytes", () => {
  const folder = mkdtempSync(join(tmpdir(), "another-folder-"));
  try {
    for (const name of [
      "package.json",
      "package-lock.json",
      "tsconfig.json",
      "src",
      "test/build/source-hash.ts",
    ]) {
      cpSync(join(actionRoot, name), join(folder, name), { recursive: true });
    }
    linkOrCopy(join(actionRoot, "node_modules"), join(folder, "node_modules"));
    const path = [join(folder, "node_modules/.bin"), process.env.PATH].join(delimiter);
    const { status, stdout, stderr } = spawnSync("npm", ["run", "build"], {
      cwd: folder,
      env: { ...process.env, PATH: path },
      encoding: "utf8",
    });
    expect(status, stdout + stderr).toBe(0);
    expect(
      hashes(join(folder, "dist")),
      "dist/ is not what src/ builds: run npm run build and commit dist/",
    ).toEqual(hashes(join(actionRoot, "dist")));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

// The first is ours, and MIT as the rest (docs/decisions/0010). The second is kept for the broker and OIDC (docs/dependencies.md).
const notBundled = ["@actions/http-client"];

test("the licences of everything bundled are in dist/", () => {
  const { dependencies } = JSON.parse(readFileSync(join(actionRoot, "package.json"), "utf8"));
  const licences = ["licenses.txt", "broker-licenses.txt"]
    .map((file) => readFileSync(join(actionRoot, "dist", file), "utf8"))
    .join("\n");
  for (const name of Object.keys(dependencies)) {
    if (notBundled.includes(name)) continue;
    expect(licences).toMatch(new RegExp(`^${name}$`, "m"));
  }
});

/** Hard links take no time, where there are any. */
function linkOrCopy(from: string, to: string): void {
  if (spawnSync("cp", ["-al", from, to], { stdio: "ignore" }).status === 0) return;
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, { recursive: true, verbatimSymlinks: true });
}

function hashes(folder: string): Record<string, string> {
  const hash = (file: string) =>
    createHash("sha256")
      .update(readFileSync(join(folder, file)))
      .digest("hex");
  return Object.fromEntries(
    readdirSync(folder)
      .sort()
      .map((file) => [file, hash(file)]),
  );
}
