import { setTimeout as sleep } from "node:timers/promises";
import type { Host } from "../ci/host.ts";
import { type DeviceKey, deviceKeyOf } from "../crypto/device-key.ts";
import { isProcessAlive } from "../lib/processes.ts";
import { createKeyDirectory } from "./directory.ts";
import { newKeyDirectoryPath } from "./path.ts";
import { readPreparation } from "./prepare.ts";
import { claimPreparedKey } from "./prepared.ts";
import { raceForKey } from "./race.ts";

// About as long as one generation takes. Waiting longer than that is not worth it.
const PATIENCE_MS = 1000;
const POLL_MS = 5;

/** A device key and the key directory that holds its private half. */
export interface StoredKey {
  key: DeviceKey;
  keyDirectory: string;
}

/**
 * The session's temporary key, in a key directory: the key that pre prepared, or one that is generated now.
 *
 * @param remember called with the key directory before anything is written there or claimed
 * @throws {StashError} `KEY_DIRECTORY_FAILED`, and whatever `remember` throws
 */
export async function obtainKey(host: Host, remember: (keyDirectory: string) => void): Promise<StoredKey> {
  const { environment, cancelled, log, job } = host;
  const prepared = await takePreparedKey(host, remember);
  if (prepared !== undefined) return prepared;
  const start = performance.now();
  const key = await raceForKey(environment, cancelled);
  log.debug(`No key was prepared; generated one in ${(performance.now() - start).toFixed(0)} ms.`);
  const keyDirectory = newKeyDirectoryPath(job.temporaryDirectory);
  remember(keyDirectory);
  await createKeyDirectory(keyDirectory, key.privateKeyPem);
  return { key, keyDirectory };
}

async function takePreparedKey(
  host: Host,
  remember: (keyDirectory: string) => void,
): Promise<StoredKey | undefined> {
  const preparation = readPreparation(host);
  if (preparation === undefined) return undefined;
  const { keyDirectory, pid } = preparation;
  remember(keyDirectory); // It belongs to this session from the moment it is claimed.
  const start = performance.now();
  while (performance.now() - start < PATIENCE_MS) {
    const wasAlive = isProcessAlive(pid);
    const privateKeyPem = await claimPreparedKey(keyDirectory);
    if (privateKeyPem !== undefined) {
      host.log.debug(`Claimed the prepared key after ${(performance.now() - start).toFixed(0)} ms.`);
      return { key: deviceKeyOf(privateKeyPem), keyDirectory };
    }
    if (!wasAlive) return undefined; // The process was killed or gave up: there will be no key.
    await sleep(POLL_MS);
  }
  return undefined;
}
