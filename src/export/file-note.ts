import { rename } from "node:fs/promises";
import { basename, join } from "node:path";
import * as v from "valibot";
import { seal, sealKeyOf, unseal } from "../crypto/seal.ts";
import {
  placeWrittenFiles,
  type WrittenFile,
  type WrittenFileRecord,
  writtenFileRecords,
} from "../journal/written-file.ts";
import { readKeyDirectoryFile, writeKeyDirectoryFile } from "../key/directory.ts";

const FILE = "env-files.json";

/**
 * Notes in the key directory which files with values were written. A sweep after a killed job has no other trace of them. The note is sealed with
 * the token, because a directory of that name can also come out of an archive that somebody unpacked.
 *
 * @throws {StashError} `KEY_DIRECTORY_FAILED`
 */
export async function noteFiles(
  keyDirectory: string,
  records: readonly WrittenFileRecord[],
  apiToken: string,
): Promise<void> {
  if (apiToken === "") return; // With a key broker, no later job could tell that the note is ours.
  const draft = `${FILE}.part`; // One note is written after the other, and each is renamed at once.
  const text = JSON.stringify(records);
  const sealed = seal(contextOf(keyDirectory, text), "", sealKeyOf(apiToken));
  await writeKeyDirectoryFile(keyDirectory, draft, JSON.stringify({ text, seal: sealed }));
  await rename(join(keyDirectory, draft), join(keyDirectory, FILE));
}

/** @returns none if there is no note, or none that was sealed with this token */
export function readNotedFiles(keyDirectory: string, apiToken: string): WrittenFile[] {
  if (apiToken === "") return [];
  try {
    const { text, seal: sealed } = Object(JSON.parse(readKeyDirectoryFile(keyDirectory, FILE)));
    const secret = unseal(contextOf(keyDirectory, String(text)), String(sealed), sealKeyOf(apiToken));
    return secret === undefined
      ? []
      : placeWrittenFiles(v.parse(writtenFileRecords, JSON.parse(text)), keyDirectory);
  } catch {
    return []; // The session wrote none, or was killed before it did.
  }
}

function contextOf(keyDirectory: string, text: string): string {
  return `env-files ${basename(keyDirectory)}\n${text}`;
}
