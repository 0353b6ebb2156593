import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { deleteDraft, restoreFile } from "../../src/export/file-restore.ts";
import { writeWhole } from "../../src/export/file-write.ts";
import type { WrittenFile } from "../../src/journal/written-file.ts";
import { deleteKeyDirectory } from "../../src/key/delete.ts";
import { createKeyDirectory } from "../../src/key/directory.ts";
import { newKeyDirectoryPath } from "../../src/key/path.ts";
import { identityOf } from "../../src/lib/safe-file.ts";

let folder = "";
let file: WrittenFile;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "left-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  file = {
    path: join(folder, ".env"),
    kind: "env file",
    number: 1,
    draft: join(folder, ".env.draft"),
    backup: join(folder, "backup"),
    existed: true,
    written: false,
    originalHash: "",
    mode: 0o644,
    folder: identityOf(lstatSync(folder)),
    version: "",
  };
});

describe("an env file", () => {
  test("killed before the backup was whole: the file is as it was, the draft of the backup is not taken for one", async () => {
    writeFileSync(file.path, "MINE=1\n");
    writeFileSync(`${file.backup}.part`, "MI");
    expect(await restoreFile(file)).toBe(true);
    expect(readFileSync(file.path, "utf8")).toBe("MINE=1\n");
  });

  test("the backup was deleted after the write: the file is ours, and is deleted", async () => {
    writeFileSync(file.path, "MINE=1\n");
    let written = file;
    await writeWhole(file, { content: "SECRET='x'\n", mode: 0o600 }, async (saved) => {
      written = saved;
    });
    rmSync(file.backup);
    expect(await restoreFile(written)).toBe(false);
    expect(existsSync(file.path)).toBe(false);
  });

  test("killed between backup and rename: the draft, which holds values, is deleted", async () => {
    writeFileSync(file.path, "MINE=1\n");
    writeFileSync(file.backup, "MINE=1\n", { mode: 0o600 });
    writeFileSync(file.draft, "SECRET='x'\n");
    await restoreFile(file);
    expect(existsSync(file.draft)).toBe(false);
    expect(readFileSync(file.path, "utf8")).toBe("MINE=1\n");
  });

  test("a kept file: the draft is deleted anyway", async () => {
    writeFileSync(file.draft, "SECRET='x'\n");
    await deleteDraft(file);
    expect(existsSync(file.draft)).toBe(false);
  });

  test("nothing is written through a link in the place of the draft", async () => {
    writeFileSync(join(folder, "target"), "not ours");
    symlinkSync(join(folder, "target"), file.draft);
    await expect(
      writeWhole({ ...file, existed: false }, { content: "SECRET='x'\n", mode: 0o600 }, async () => {}),
    ).rejects.toMatchObject({
      code: "ENV_FILE_FAILED",
    });
    expect(readFileSync(join(folder, "target"), "utf8")).toBe("not ours");
  });
});

describe("a key directory", () => {
  test("is not created where something exists already, a link included", async () => {
    const path = newKeyDirectoryPath(folder);
    mkdirSync(join(folder, "elsewhere"));
    symlinkSync(join(folder, "elsewhere"), path);
    await expect(createKeyDirectory(path, "key")).rejects.toMatchObject({ code: "KEY_DIRECTORY_FAILED" });
    expect(existsSync(join(folder, "elsewhere/device_private_key.pem"))).toBe(false);
  });

  // Root can write anywhere, so the guard matters only for another user. This process becomes one for a moment.
  test.each([0o500, 0o000])("that was made read-only or closed (mode %o) is deleted", async (mode) => {
    const path = newKeyDirectoryPath(folder);
    await createKeyDirectory(path, "key");
    const nobody = 65534;
    const isRoot = process.getuid?.() === 0;
    if (isRoot)
      for (const owned of [folder, path, join(path, "device_private_key.pem")])
        chownSync(owned, nobody, nobody);
    chmodSync(path, mode);
    if (isRoot) process.seteuid?.(nobody);
    try {
      // Negative control: if the permission is not restored, it cannot be deleted.
      expect(() => rmSync(path, { recursive: true })).toThrow(/EACCES|EPERM/);
      expect(await deleteKeyDirectory(path)).toBe("deleted");
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
    expect(existsSync(path)).toBe(false);
  });
});
