import { basename, dirname, join } from "node:path";
import * as v from "valibot";

const envFileRecord = v.object({
  path: v.string(),
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

/** Where an env file is, and what is needed to restore what was there before. */
export type EnvFileRecord = v.InferOutput<typeof envFileRecord>;

export const envFileRecords = v.array(envFileRecord);

/** A record with the two files that belong to it. Their paths are derived and never stored: what is stored could be changed. */
export interface EnvFile extends EnvFileRecord {
  /** the new text before it is moved into place; next to the file, because a rename cannot cross file systems */
  draft: string;
  /** what was there before, in the key directory; meaningful only if `existed` */
  backup: string;
}

/** @param index which of the session's env files it is, to tell their backups apart */
export function placeEnvFile(record: EnvFileRecord, keyDirectory: string, index: number): EnvFile {
  const { path } = record;
  return {
    ...record,
    draft: join(dirname(path), `${basename(path)}.${basename(keyDirectory)}`), // as random as the session's
    backup: join(keyDirectory, `env-file-${index + 1}.backup`),
  };
}

/** The files of a session, each with its draft and its backup. */
export function placeEnvFiles(records: readonly EnvFileRecord[], keyDirectory: string): EnvFile[] {
  return records.map((record, index) => placeEnvFile(record, keyDirectory, index));
}
