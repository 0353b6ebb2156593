import { setPriority } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { generateDeviceKey } from "../crypto/device-key.ts";
import { onEndingSignals } from "../lib/cancellation.ts";
import { abandonPreparedKey, isPrepared, writePreparedKey } from "./prepared.ts";

const LOW_PRIORITY = 10; // The job itself comes first: nice(1).
const POLL_MS = 1000;

/**
 * Generates a key ahead of time, and deletes it again if nobody claims it: the step may be skipped, and post runs only for steps that ran.
 *
 * @param patienceMs how long the key is kept
 */
export async function generateAndKeepKey(keyDirectory: string, patienceMs: number): Promise<void> {
  setPriority(LOW_PRIORITY);
  onEndingSignals(() => void abandonPreparedKey(keyDirectory).finally(() => process.exit()));
  const { privateKeyPem } = await generateDeviceKey();
  await writePreparedKey(keyDirectory, privateKeyPem);
  for (let waited = 0; waited < patienceMs; waited += POLL_MS) {
    await sleep(Math.min(POLL_MS, patienceMs));
    if (!(await isPrepared(keyDirectory))) return; // Somebody claimed it.
  }
  await abandonPreparedKey(keyDirectory);
}
