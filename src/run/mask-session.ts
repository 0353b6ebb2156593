import { randomBytes } from "node:crypto";
import type { SessionDirectory } from "../host/session-directory.ts";
import { deriveNeedles } from "../redact/needles.ts";
import { readKeptSecrets } from "./kept-secrets.ts";
import { maskStream, maskValues } from "./mask-stream.ts";
import { STATE, undoOf } from "./undo.ts";

/** Masks what the session pulled. Throws as `readKeptSecrets` does, before anything is let through. */
export async function maskSession(session: SessionDirectory, exact: boolean): Promise<void> {
  maskValues(await readSessionMasks(session), exact);
}

/**
 * The redirected log of a job (templates/secret-stash/template.yml): says when the masks are loaded, outlives the signals that end the
 * job, and ends at the job's own mark, because background processes can hold the pipe open for ever.
 */
export async function maskSessionLog(session: SessionDirectory): Promise<void> {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
  const needles = deriveNeedles(await readSessionMasks(session));
  const nonce = randomBytes(16).toString("hex");
  session.write("ready", nonce);
  maskStream(needles, `${nonce}:${nonce}\n`);
}

async function readSessionMasks(session: SessionDirectory): Promise<string[]> {
  const secrets = await readKeptSecrets(undoOf(session.read(`${STATE}.json`))?.keyDirectory ?? "");
  return secrets.map(({ value }) => value);
}
