import * as v from "valibot";

const envFileRecord = v.object({
  path: v.string(),
  /** the new text before it is moved into place; next to the file, because a rename cannot cross file systems */
  draft: v.string(),
  /** what was there before, in the key directory; meaningful only if `existed` */
  backup: v.string(),
  existed: v.boolean(),
  /** whether values have been written there */
  written: v.boolean(),
  /** SHA-256 of what was there before, in hex, or empty: tells it from our values if the backup is gone */
  originalHash: v.string(),
  /** permission bits of what was there before */
  mode: v.number(),
  /** identifies the file that holds our values, so that a later job removes only that one; empty before there is one */
  identity: v.string(),
});

/** Where an env file is, and what is needed to restore what was there before. */
export type EnvFileRecord = v.InferOutput<typeof envFileRecord>;

export const envFileRecords = v.array(envFileRecord);
