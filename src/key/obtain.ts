import { setTimeout as sleep } from "node:timers/promises";
import { type DeviceKey, deviceKeyOf } from "../crypto/device-key.ts";
import { createKeyDirectory, isKeyDirectoryPath, newKeyDirectoryPath } from "./directory.ts";
import { claimPreparedKey } from "./prepared.ts";
import type { Host } from "../ci/host.ts";
import { raceForKey } from "./race.ts";
import { readPreparation } from "./prepare.ts";
import type { UndoLog } from "../journal/undo.ts";

// About what one generation takes: who is later than that is not worth waiting for.
const PATIENCE_MS = 1000;
const LOOK_MS = 5;

/**
 * The session's temporary key, in a key directory: the one that pre had made, else one made now.
 *
 * @throws {StashError} `KEY_DIRECTORY_FAILED`
 */
export async function obtainDeviceKey(
  host: Host,
  remember: UndoLog["remember"],
): Promise<{ key: DeviceKey; keyDirectory: string }> {
  const prepared = await takePreparedKey(host, remember);
  if (prepared !== undefined) return prepared;
  const start = performance.now();
  const key = await raceForKey(host);
  host.debug(`No key was prepared; one was made in ${(performance.now() - start).toFixed(0)} ms.`);
  const keyDirectory = newKeyDirectoryPath(host.temporaryDirectory);
  remember({ keyDirectory });
  await createKeyDirectory(keyDirectory, key.privateKeyPem);
  return { key, keyDirectory };
}

async function takePreparedKey(host: Host, remember: UndoLog["remember"]) {
  const { keyDirectory = "", pid = 0 } = readPreparation(host) ?? {};
  if (!isKeyDirectoryPath(keyDirectory)) return undefined;
  remember({ keyDirectory }); // ours from the moment it is claimed
  const start = performance.now();
  while (performance.now() - start < PATIENCE_MS) {
    const wasAlive = isAlive(pid);
    const privateKeyPem = await claimPreparedKey(keyDirectory);
    if (privateKeyPem !== undefined) {
      host.debug(`The prepared key was claimed after ${(performance.now() - start).toFixed(0)} ms.`);
      return { key: deviceKeyOf(privateKeyPem), keyDirectory };
    }
    if (!wasAlive) return undefined; // killed, or given up: there will be none
    await sleep(LOOK_MS);
  }
  return undefined;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
