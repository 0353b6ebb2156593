import * as v from "valibot";

/** Where an env file is, and what is needed to restore what was there before. */
export interface EnvFileRecord {
  path: string;
  /** the new text before it is moved into place; next to the file, because a rename cannot cross file systems */
  draft: string;
  /** what was there before, in the key directory; meaningful only if `existed` */
  backup: string;
  existed: boolean;
  /** whether values have been written there */
  written: boolean;
  /** SHA-256 of what was there before, in hex, or empty: tells it from our values if the backup is gone */
  originalHash: string;
  /** permission bits of what was there before */
  mode: number;
  /** identifies the file that holds our values, so that a later job removes only that one; empty before there is one */
  identity: string;
}

export const envFileRecords = v.array(
  v.object({
    path: v.string(),
    draft: v.string(),
    backup: v.string(),
    existed: v.boolean(),
    written: v.boolean(),
    originalHash: v.string(),
    mode: v.number(),
    identity: v.string(),
  }),
);
