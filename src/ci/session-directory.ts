import { randomBytes } from "node:crypto";
import { lstatSync, mkdirSync, readFileSync, renameSync, rmSync, type Stats, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { printable, StashError, systemCode } from "../lib/errors.ts";

const NAME = /^secret-stash-session-[\w.-]{8,64}$/;

export function isSessionDirectoryPath(path: string): boolean {
  return NAME.test(basename(path));
}

/** What a system without step state keeps between `pull`, `mask` and `clean-up`: a directory of this user alone. */
export interface SessionDirectory {
  readonly path: string;
  read(name: string): string;
  /** Writes a file (0600) whole or not at all. */
  write(name: string, content: string): void;
  delete(): void;
}

// A virus scanner may hold a file that was just written, for which Windows refuses its removal.
const patience = { maxRetries: 5, retryDelay: 100 };

/** Creates a directory whose name nobody can guess, for its owner alone from its first moment. Throws as `openSessionDirectory` does. */
export function createSessionDirectory(temporaryDirectory: string): SessionDirectory {
  const path = join(temporaryDirectory, `secret-stash-session-${randomBytes(8).toString("hex")}`);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (cause) {
    throw new StashError(
      "SESSION_DIRECTORY_FAILED",
      `The session directory ${printable(path)} cannot be made (${systemCode(cause)}). The temp directory may be missing, full or ` +
        "read-only. Set TMPDIR to one that can be written.",
      { cause },
    );
  }
  return sessionDirectory(path);
}

/**
 * Opens a directory that was made before. It is deleted at the end, so it must look like one of ours; and what another user can
 * write is not trusted.
 *
 * @throws {StashError} `SESSION_DIRECTORY_FAILED`
 */
export function openSessionDirectory(given: string): SessionDirectory {
  const path = resolve(given);
  if (!NAME.test(basename(path))) {
    throw refused(path, "its name does not begin with secret-stash-session-");
  }
  let found: Stats;
  try {
    found = lstatSync(path);
  } catch (error) {
    throw refused(path, `it cannot be read (${systemCode(error)})`);
  }
  if (!found.isDirectory()) throw refused(path, "it is no directory");
  const user = process.getuid?.();
  if (user !== undefined && (found.uid !== user || (found.mode & 0o077) !== 0)) {
    throw refused(path, "other users own it or can reach into it");
  }
  return sessionDirectory(path);
}

function sessionDirectory(path: string): SessionDirectory {
  return {
    path,
    read: (name) => {
      try {
        return readFileSync(join(path, name), "utf8");
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
    delete: () => rmSync(path, { recursive: true, force: true, ...patience }),
  };
}

function refused(path: string, why: string): StashError {
  return new StashError(
    "SESSION_DIRECTORY_FAILED",
    `The session directory ${printable(path)} cannot be used: ${why}. Pull again, and pass on SECRET_STASH_SESSION_DIR as pull set it.`,
  );
}
