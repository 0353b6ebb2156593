import { spawn } from "node:child_process";
import { newKeyDirectoryPath } from "./directory.ts";
import type { Host } from "../ci/host.ts";

const PREPARED_STATE = "prepared";

/** What pre leaves for main and post. */
export interface Preparation {
  keyDirectory: string;
  pid: number;
}

/**
 * Pre: has a key made while the job checks out its code, in a process of its own that outlives this one, and does not wait for it. A
 * key that is not registered opens nothing; who does not claim it in time finds it gone.
 *
 * @param program makes the key in the directory that it is given
 */
export function prepare(host: Host, program: string): void {
  const isOff = /^(false|off|0)$/i.test((host.environment.SECRET_STASH_PREPARE ?? "").trim());
  if (isOff || host.readInput("api-token").trim() === "") return; // without a token main needs no key
  const keyDirectory = newKeyDirectoryPath(host.temporaryDirectory);
  const { RUNNER_TRACKING_ID } = host.environment;
  const child = spawn(process.execPath, [program, keyDirectory], {
    detached: true, // a session of its own: what ends this step does not end it
    stdio: "ignore",
    windowsHide: true,
    // Not the inputs; but what the runner finds processes by that a job left behind (src/Runner.Worker/JobExtension.cs).
    env: RUNNER_TRACKING_ID === undefined ? {} : { RUNNER_TRACKING_ID },
  });
  child.once("error", () => {}); // main makes its own key then
  child.unref();
  if (child.pid !== undefined) {
    host.saveState(PREPARED_STATE, JSON.stringify({ keyDirectory, pid: child.pid }));
  }
}

/** @returns `undefined` when pre did not run, as for a local action, or prepared nothing */
export function readPreparation(host: Host): Preparation | undefined {
  try {
    const { keyDirectory, pid } = Object(JSON.parse(host.readState(PREPARED_STATE)));
    return typeof keyDirectory === "string" && Number.isSafeInteger(pid) ? { keyDirectory, pid } : undefined;
  } catch {
    return undefined;
  }
}
