import { basename, dirname, join } from "node:path";
import * as v from "valibot";

/** What a file that a session wrote is for, as messages name it: the input `env-file` asked for it, or the input `files`. */
export const fileKinds = ["env file", "file"] as const;

export type FileKind = (typeof fileKinds)[number];

const writtenFileRecord = v.object({
  path: v.string(),
  kind: v.optional(v.picklist(fileKinds), "env file"),
  /** which of the session's files it is, from 1; it tells their backups apart */
  number: v.optional(v.number(), 1),
  /** device and inode of the folder: a file of the same path in another folder is not ours */
  folder: v.string(),
  existed: v.boolean(),
  /** whether values have been written there */
  written: v.boolean(),
  /** SHA-256 of what was there before, in hex, or empty: tells it from our values if the backup is gone */
  originalHash: v.string(),
  /** permission bits of what was there before */
  mode: v.number(),
  /** device, inode, size and time of the file that holds our values, so that a later job removes only that one; empty before there is one */
  version: v.string(),
});

/** Where a file with values is, and what is needed to restore what was there before. */
export type WrittenFileRecord = v.InferOutput<typeof writtenFileRecord>;

export const writtenFileRecords = v.array(writtenFileRecord);

/** A record with the two files that belong to it. Their paths are derived and never stored: what is stored could be changed. */
export interface WrittenFile extends WrittenFileRecord {
  /** the new text before it is moved into place; next to the file, because a rename cannot cross file systems */
  draft: string;
  /** what was there before, in the key directory; meaningful only if `existed` */
  backup: string;
}

export function placeWrittenFile(record: WrittenFileRecord, keyDirectory: string): WrittenFile {
  const { path, number } = record;
  return {
    ...record,
    draft: join(dirname(path), `${basename(path)}.${basename(keyDirectory)}`), // as random as the session's
    backup: join(keyDirectory, `env-file-${number}.backup`),
  };
}

/** The files of a session, each with its draft and its backup. */
export function placeWrittenFiles(
  records: readonly WrittenFileRecord[],
  keyDirectory: string,
): WrittenFile[] {
  return records.map((record) => placeWrittenFile(record, keyDirectory));
}
