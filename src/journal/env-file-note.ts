import { rename } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { readKeyDirectoryFile, writeKeyDirectoryFile } from "../key/directory.ts";
import type { EnvFile } from "../export/env-file.ts";

const FILE = "env-files.json";

export const envFilesSchema = v.array(
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

/** Notes in the key directory which env files were written: a sweep has no other trace of a job that was killed. */
export async function noteEnvFiles(keyDirectory: string, files: readonly EnvFile[]): Promise<void> {
  const draft = `${FILE}.part-${files.map(({ written }) => Number(written)).join("")}`; // a name for each state of affairs
  await writeKeyDirectoryFile(keyDirectory, draft, JSON.stringify(files));
  await rename(join(keyDirectory, draft), join(keyDirectory, FILE));
}

/** @returns none when there is no note */
export async function readNotedEnvFiles(keyDirectory: string): Promise<EnvFile[]> {
  const text = await readKeyDirectoryFile(keyDirectory, FILE).catch(() => "[]");
  return v.parse(envFilesSchema, JSON.parse(text));
}
