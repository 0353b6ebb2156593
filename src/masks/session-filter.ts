import { randomBytes } from "node:crypto";
import type { SessionDirectory } from "../ci/session-directory.ts";
import { deriveNeedles } from "../redact/needles.ts";
import { readKeptSecrets } from "./store.ts";
import { maskStream, maskValues } from "./filter.ts";
import { STATE, undoOf } from "../journal/undo.ts";

/** Masks what the session pulled. Throws as `readKeptSecrets` does, before anything is let through. */
export async function maskSession(
  session: SessionDirectory,
  environment: NodeJS.ProcessEnv,
  exact: boolean,
): Promise<void> {
  maskValues([...credentialsIn(environment), ...(await readSessionMasks(session))], exact);
}

/**
 * The redirected log of a job (templates/secret-stash/template.yml): says when the masks are loaded, outlives the signals that end the
 * job, and ends at the job's own mark, because background processes can hold the pipe open for ever.
 */
export async function maskSessionLog(
  session: SessionDirectory,
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"] as const) process.on(signal, () => {});
  const needles = deriveNeedles([...credentialsIn(environment), ...(await readSessionMasks(session))]);
  const nonce = randomBytes(16).toString("hex");
  session.write("ready", nonce);
  maskStream(needles, `${nonce}:${nonce}\n`);
}

const MIN_KEY = 256; // a path is shorter

/** The job can print what stands in its environment, and nothing else of these: they are kept nowhere. */
function credentialsIn({ SECRET_STASH_API_TOKEN, SECRET_STASH_GRANT_KEY = "" }: NodeJS.ProcessEnv): string[] {
  const key = SECRET_STASH_GRANT_KEY.replace(/^\s*\d+\s*:/, "").trim();
  return [SECRET_STASH_API_TOKEN?.trim() ?? "", key.length >= MIN_KEY ? key : ""].filter(Boolean);
}

async function readSessionMasks(session: SessionDirectory): Promise<string[]> {
  const secrets = await readKeptSecrets(undoOf(session.read(`${STATE}.json`))?.keyDirectory ?? "");
  return secrets.map(({ value }) => value);
}
