import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { commandEnvironment } from "../../src/command/environment.ts";
import { notStarted } from "../../src/command/exec.ts";
import { describeOversized } from "../../src/command/limits.ts";
import { formatGitHub } from "../../src/format/github.ts";
import { isOurs } from "../../src/key/leftovers.ts";
import { isOwnerAlive } from "../../src/key/owner.ts";
import { checkTemporaryDirectory } from "../../src/key/temporary-directory.ts";
import { dangerOf } from "../../src/select/dangerous-names.ts";

// Windows and macOS, wherever these tests run: code that differs takes the platform as a parameter.

describe("Windows", () => {
  test("a pulled variable replaces an inherited one that differs only by case", () => {
    const inherited = { Database_Url: "old", Path: "C:\\bin", secret_stash_api_token: "token" };
    const pulled = new Map([["DATABASE_URL", "new"]]);
    expect(commandEnvironment(inherited, pulled, "C:\\key", false, "win32")).toEqual({
      DATABASE_URL: "new",
      Path: "C:\\bin",
      SECRET_STASH_KEY_DIR: "C:\\key",
    });
    expect(commandEnvironment(inherited, pulled, "/key", false, "linux")).toHaveProperty(
      "Database_Url",
      "old",
    );
  });

  test("names that decide which program runs are refused", () => {
    for (const name of [
      "ComSpec",
      "PATHEXT",
      "PSModulePath",
      "windir",
      "DOTNET_STARTUP_HOOKS",
      "COR_PROFILER",
    ]) {
      expect(dangerOf(name), name).toBe("takes over");
    }
  });

  test("a command that cannot be started may be a script, which its shell starts", () => {
    const cause = Object.assign(new Error("x"), { code: "ENOENT" });
    expect(notStarted(cause, "win32").message).toContain("exec -- cmd /d /c npm test");
    expect(notStarted(cause, "linux").message).not.toContain("cmd");
  });

  test("without owners, only what lies in the user's profile is swept", async () => {
    const folder = temporaryFolder();
    for (const name of ["home/temp/mine", "shared/planted"])
      mkdirSync(join(folder, name), { recursive: true });
    symlinkSync(join(folder, "shared/planted"), join(folder, "home/temp/link"));
    const home = join(folder, "home");
    const ours = (path: string) => isOurs(join(folder, path), null, home);
    expect(await ours("home/temp/mine")).toBe(true);
    expect(await ours("shared/planted")).toBe(false);
    expect(await ours("home/temp/link")).toBe(false);
  });

  test("modes mean nothing, so none is required", async () => {
    await expect(checkTemporaryDirectory("C:\\nowhere", "win32")).resolves.toBeUndefined();
  });

  test("GITHUB_ENV has the runner's line ends", () => {
    expect(formatGitHub(new Map([["A", "1"]]), "\r\n")).toMatch(/^A<<\S+\r\n1\r\n\S+\r\n$/);
  });
});

describe("macOS", () => {
  test("starts no process with more than 1 MiB, in one string or many", () => {
    const megabyte = new Map([["LARGE", "x".repeat(1024 * 1024)]]);
    expect(describeOversized(megabyte, "darwin")).toContain("close to 1 MiB, which is the limit of macOS");
    expect(describeOversized(new Map([["A", "x".repeat(500_000)]]), "darwin")).toBeUndefined();
    expect(describeOversized(megabyte, "win32")).toBeUndefined();
  });
});

test("if nobody can tell whether a job is still running, its session is left alone for six hours", async () => {
  const folder = temporaryFolder();
  const owners = [{ pid: 2 ** 30, started: null }];
  writeFileSync(join(folder, "session.json"), JSON.stringify({ owners }));
  expect(await isOwnerAlive(folder)).toBe(true);
  const seconds = Date.now() / 1000 - 6.1 * 3600;
  utimesSync(folder, seconds, seconds);
  expect(await isOwnerAlive(folder)).toBe(false);
});

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "systems-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
