import { spawn } from "node:child_process";
import type { Host } from "../ci/host.ts";
import { beginSeal, readSeal } from "../ci/stage-secret.ts";
import { seal, sealKeyOf, unseal } from "../crypto/seal.ts";
import { keyProcessEnvironment } from "../lib/processes.ts";
import { keyDirectoryIn, newKeyDirectoryPath } from "./path.ts";

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
export async function prepareKey(host: Host, program: string): Promise<void> {
  const { environment, job, state } = host;
  const isOff = /^(false|off|0)$/i.test((environment.SECRET_STASH_PREPARE ?? "").trim());
  const secret = isOff ? "" : await beginSeal(host, "preparation");
  if (secret === "") return; // Without a token and without a broker, main needs no key.
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
    const preparation = { keyDirectory, pid: child.pid };
    const sealed = seal(contextOf(state, preparation), "", sealKeyOf(secret));
    state.save(PREPARED_STATE, JSON.stringify({ ...preparation, seal: sealed }));
  }
}

/**
 * What pre left. Where there was no pre, as for a local action, another step can have set a variable of the state's name, so it counts only
 * if it is sealed (`stage-secret.ts`), and only for a key directory in our temp directory.
 *
 * @returns `undefined` if pre did not run or prepared nothing
 */
export function readPreparation(host: Host): Preparation | undefined {
  const { job, state } = host;
  try {
    const shared = readSeal(host, "preparation");
    if (shared === "") return undefined;
    const { seal: sealed, ...read } = Object(JSON.parse(state.read(PREPARED_STATE)));
    const { keyDirectory, pid } = read;
    const secret = unseal(contextOf(state, read), String(sealed), sealKeyOf(shared));
    if (secret === undefined || typeof keyDirectory !== "string" || !Number.isSafeInteger(pid))
      return undefined;
    const path = keyDirectoryIn(job.temporaryDirectory, keyDirectory);
    return path === undefined ? undefined : { keyDirectory: path, pid };
  } catch {
    return undefined;
  }
}

function contextOf({ scope }: Host["state"], preparation: object): string {
  return `${PREPARED_STATE} ${scope}\n${JSON.stringify(preparation)}`;
}
