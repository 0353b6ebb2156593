import { randomBytes } from "node:crypto";
import type { Credentials } from "../inputs/credentials.ts";
import type { Secret } from "../lib/secret.ts";
import { needlesOf } from "../redact/needles.ts";
import { secretsOf } from "./announce.ts";
import { maskInput, maskUntilMark } from "./filter.ts";
import { readKeptSecrets } from "./store.ts";

/** Where the secrets of a session are: in its key directory, and in the credentials that this process was given. */
export interface SessionSecrets {
  keyDirectory: string;
  /** The job can print them, because they are in its environment. They are stored nowhere. */
  credentials: Credentials;
}

/** Masks what the session pulled. Throws as `readKeptSecrets` does, before anything is let through. */
export function maskSession(session: SessionSecrets, exact: boolean): void {
  maskInput(readSecrets(session), exact);
}

/**
 * Masks the redirected log of a job (templates/secret-stash/template.yml). It announces when the masks are loaded, and ends at the job's own
 * mark, because background processes can hold the pipe open for ever.
 *
 * @param session `pipe`: the path of the pipe through which the log comes
 * @param announceReady is given the nonce that, written twice, is the mark
 */
export function maskSessionLog(
  session: SessionSecrets & { pipe: string },
  announceReady: (nonce: string) => void,
): void {
  const needles = needlesOf(readSecrets(session));
  const nonce = randomBytes(16).toString("hex");
  announceReady(nonce);
  maskUntilMark(needles, `${nonce}:${nonce}\n`, session.pipe);
}

function readSecrets({ keyDirectory, credentials }: SessionSecrets): Secret[] {
  return [...secretsOf(credentials), ...readKeptSecrets(keyDirectory)];
}
