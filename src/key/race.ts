import { type ChildProcess, spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { type DeviceKey, deviceKeyOf, generateDeviceKey } from "../crypto/device-key.ts";
import type { Host } from "../ci/host.ts";

const CONTENDERS = 2;
const PROGRAM = join(import.meta.dirname, "generate-key.js"); // beside the bundle that this is part of
const END = "-----END PRIVATE KEY-----\n";

/**
 * A fresh device key. How long one takes is luck, so on two processors and more two are made at once: the first one counts
 * (docs/performance.md has the figures). In processes of their own, because a generation on the thread pool cannot be stopped, and
 * `process.exit` waits for it.
 *
 * @throws the reason of the cancellation, which ends them at once
 */
export async function raceForKey({
  cancelled,
  environment,
}: Pick<Host, "cancelled" | "environment">): Promise<DeviceKey> {
  cancelled.throwIfAborted();
  if (availableParallelism() < CONTENDERS) return generateDeviceKey();
  const contenders: ChildProcess[] = [];
  const stop = () => {
    for (const contender of contenders) contender.kill("SIGKILL");
  };
  cancelled.addEventListener("abort", stop, { once: true });
  try {
    while (contenders.length < CONTENDERS) contenders.push(startContender(environment));
    return deviceKeyOf(await Promise.any(contenders.map(readKey)));
  } catch {
    cancelled.throwIfAborted();
    return generateDeviceKey(); // no process was to be had, or the program is not there
  } finally {
    cancelled.removeEventListener("abort", stop);
    stop();
  }
}

/** One that outlives us finds its output closed, and ends. */
function startContender({ RUNNER_TRACKING_ID }: NodeJS.ProcessEnv): ChildProcess {
  return spawn(process.execPath, [PROGRAM], {
    stdio: ["ignore", "pipe", "ignore"],
    env: RUNNER_TRACKING_ID === undefined ? {} : { RUNNER_TRACKING_ID }, // as prepare.ts has it
    windowsHide: true,
  });
}

function readKey(contender: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let pem = "";
    contender.stdout?.setEncoding("utf8").on("data", (text: string) => {
      pem += text;
      if (pem.endsWith(END)) resolve(pem);
    });
    contender.once("error", reject);
    contender.once("close", reject);
  });
}
