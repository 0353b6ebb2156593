import { randomBytes } from "node:crypto";
import { lstatSync, mkdirSync, readdirSync, renameSync, rmSync, type Stats, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { StashError, systemCode } from "../lib/errors.ts";
import { printable } from "../lib/printable.ts";
import { checkSharedDirectory, readOwnFile } from "../lib/safe-file.ts";

const NAME = /^secret-stash-session-[\w.-]{8,64}$/;

export function isSessionDirectoryPath(path: string): boolean {
  return NAME.test(basename(path));
}

/** Where session directories are created. */
export function sessionsDirectory(): string {
  return tmpdir();
}

/** What systems without step state keep between `pull`, `mask` and `clean-up`: a directory that only this user can enter. */
export interface SessionDirectory {
  readonly path: string;
  read(name: string): string;
  /** Writes a file with mode 0600, completely or not at all. */
  write(name: string, content: string): void;
  delete(): void;
  /** Deletes everything in it but one entry. */
  deleteBut(name: string): void;
}

// Windows refuses to remove a file that a virus scanner has open, as it may have one that was just written.
const removal = { maxRetries: 5, retryDelay: 100 };

/**
 * Creates a directory with a name that nobody can guess, and that only its owner can enter from its first moment.
 *
 * @throws {StashError} `SESSION_DIRECTORY_FAILED`
 */
export function createSessionDirectory(): SessionDirectory {
  const path = join(sessionsDirectory(), `secret-stash-session-${randomBytes(8).toString("hex")}`);
  try {
    checkSharedDirectory(sessionsDirectory());
    mkdirSync(path, { mode: 0o700 });
  } catch (cause) {
    throw new StashError(
      "SESSION_DIRECTORY_FAILED",
      `The session directory ${printable(path)} cannot be created (${systemCode(cause)}). The temp directory may be missing, full or ` +
        "read-only. Set TMPDIR to a directory that can be written.",
      { cause },
    );
  }
  return sessionDirectory(path);
}

/**
 * Opens a session directory of an earlier command. It is deleted at the end, so it has to look like one of ours, and no other user may be
 * able to write to it.
 *
 * @throws {StashError} `SESSION_DIRECTORY_FAILED`
 */
export function openSessionDirectory(given: string): SessionDirectory {
  const path = resolve(given);
  if (!NAME.test(basename(path))) {
    throw refused(path, "its name does not start with secret-stash-session-");
  }
  let found: Stats;
  try {
    found = lstatSync(path);
  } catch (error) {
    throw refused(path, `it cannot be read (${systemCode(error)})`);
  }
  if (!found.isDirectory()) throw refused(path, "it is not a directory");
  const user = process.getuid?.();
  if (user !== undefined && (found.uid !== user || (found.mode & 0o077) !== 0)) {
    throw refused(path, "another user owns it, or other users have access to it");
  }
  try {
    checkSharedDirectory(dirname(path));
  } catch {
    throw refused(path, "every user could replace it, because the directory that it is in has no sticky bit");
  }
  return sessionDirectory(path);
}

function sessionDirectory(path: string): SessionDirectory {
  return {
    path,
    read: (name) => {
      try {
        return readOwnFile(join(path, name)).toString("utf8");
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
        throw error;
      }
    },
    write: (name, content) => {
      const draft = join(path, `${name}.part`);
      rmSync(draft, { force: true });
      writeFileSync(draft, content, { flag: "wx", mode: 0o600 });
      renameSync(draft, join(path, name));
    },
    delete: () => rmSync(path, { recursive: true, force: true, ...removal }),
    deleteBut: (kept) => {
      for (const name of readdirSync(path).filter((name) => name !== kept)) {
        rmSync(join(path, name), { recursive: true, force: true, ...removal });
      }
    },
  };
}

function refused(path: string, why: string): StashError {
  return new StashError(
    "SESSION_DIRECTORY_FAILED",
    `The session directory ${printable(path)} cannot be used: ${why}. Pull again, and pass on SECRET_STASH_SESSION_DIR as pull sets it.`,
  );
}
