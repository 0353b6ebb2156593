import { setPriority } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { generateDeviceKey } from "../crypto/device-key.ts";
import { abandonPreparedKey, isPrepared, writePreparedKey } from "./prepared.ts";

const LOW_PRIORITY = 10; // a job has better things to do: nice(1)
const LOOK_MS = 1000;

/**
 * Makes a key ahead of time, and deletes it again when nobody claims it: the step may be skipped, and post runs only for steps that ran.
 *
 * @param patienceMs how long it is kept
 */
export async function prepareKey(keyDirectory: string, patienceMs: number): Promise<void> {
  setPriority(LOW_PRIORITY);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => void abandonPreparedKey(keyDirectory).finally(() => process.exit()));
  }
  const { privateKeyPem } = await generateDeviceKey();
  await writePreparedKey(keyDirectory, privateKeyPem);
  for (let waited = 0; waited < patienceMs; waited += LOOK_MS) {
    await sleep(Math.min(LOOK_MS, patienceMs));
    if (!(await isPrepared(keyDirectory))) return; // claimed
  }
  await abandonPreparedKey(keyDirectory);
}
