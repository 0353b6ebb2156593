import { rename } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { type EnvFileRecord, envFileRecords } from "../journal/env-file-record.ts";
import { readKeyDirectoryFile, writeKeyDirectoryFile } from "../key/directory.ts";

const FILE = "env-files.json";

/**
 * Notes in the key directory which env files were written. A sweep after a killed job has no other trace of them.
 *
 * @throws {StashError} `KEY_DIRECTORY_FAILED`
 */
export async function noteEnvFiles(keyDirectory: string, files: readonly EnvFileRecord[]): Promise<void> {
  const draft = `${FILE}.part-${files.map(({ written }) => Number(written)).join("")}`; // a distinct name for each note
  await writeKeyDirectoryFile(keyDirectory, draft, JSON.stringify(files));
  await rename(join(keyDirectory, draft), join(keyDirectory, FILE));
}

/** @returns none if there is no note */
export async function readNotedEnvFiles(keyDirectory: string): Promise<EnvFileRecord[]> {
  const text = await readKeyDirectoryFile(keyDirectory, FILE).catch(() => "[]");
  return v.parse(envFileRecords, JSON.parse(text));
}
