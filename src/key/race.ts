import { type ChildProcess, spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { type DeviceKey, deviceKeyOf, generateDeviceKey } from "../crypto/device-key.ts";
import { keyProcessEnvironment } from "../lib/processes.ts";

const CONTENDERS = 2;
const PROGRAM = join(import.meta.dirname, "generate-key.js"); // next to the bundle that this file is part of
const END = "-----END PRIVATE KEY-----\n";

/**
 * Generates a device key. How long one takes is a matter of luck, so with two processors or more two are generated at once, and the first
 * one is used (docs/performance.md has the figures). Each is generated in a process of its own, because a generation on the thread pool
 * cannot be stopped, and `process.exit` waits for it.
 *
 * @throws the reason of the cancellation, which ends both processes at once
 */
export async function raceForKey(environment: NodeJS.ProcessEnv, cancelled: AbortSignal): Promise<DeviceKey> {
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
    return generateDeviceKey(); // No process could be started, or the program is missing.
  } finally {
    cancelled.removeEventListener("abort", stop);
    stop();
  }
}

/** Starts a process that prints a private key. If it outlives this one, it finds its output closed and ends. */
function startContender(environment: NodeJS.ProcessEnv): ChildProcess {
  return spawn(process.execPath, [PROGRAM], {
    stdio: ["ignore", "pipe", "ignore"],
    env: keyProcessEnvironment(environment),
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
