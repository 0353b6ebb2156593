import { spawn } from "node:child_process";
import type { Host } from "../ci/host.ts";
import { readApiToken } from "../inputs/credentials.ts";
import { keyProcessEnvironment } from "../lib/processes.ts";
import { newKeyDirectoryPath } from "./path.ts";

const PREPARED_STATE = "prepared";

/** What the pre step leaves for main and post. */
export interface Preparation {
  keyDirectory: string;
  pid: number;
}

/**
 * The pre step: starts a process that generates a key while the job checks out its code, and does not wait for it. The process outlives
 * this one. A key that is not registered opens nothing, and one that nobody claims in time is deleted again.
 *
 * @param program generates the key in the directory that it is given
 * @throws {StashError} `STATE_FAILED`
 */
export function prepareKey({ environment, job, state, readInput }: Host, program: string): void {
  const isOff = /^(false|off|0)$/i.test((environment.SECRET_STASH_PREPARE ?? "").trim());
  if (isOff || readApiToken(readInput) === "") return; // Without a token, main needs no key.
  const keyDirectory = newKeyDirectoryPath(job.temporaryDirectory);
  const child = spawn(process.execPath, [program, keyDirectory], {
    detached: true, // A session of its own, so that the end of this step does not end it.
    stdio: "ignore",
    windowsHide: true,
    env: keyProcessEnvironment(environment),
  });
  child.once("error", () => {}); // Main then generates its own key.
  child.unref();
  if (child.pid !== undefined) {
    state.save(PREPARED_STATE, JSON.stringify({ keyDirectory, pid: child.pid }));
  }
}

/** @returns `undefined` if pre did not run, as for a local action, or prepared nothing */
export function readPreparation(state: Host["state"]): Preparation | undefined {
  try {
    const { keyDirectory, pid } = Object(JSON.parse(state.read(PREPARED_STATE)));
    return typeof keyDirectory === "string" && Number.isSafeInteger(pid) ? { keyDirectory, pid } : undefined;
  } catch {
    return undefined;
  }
}
