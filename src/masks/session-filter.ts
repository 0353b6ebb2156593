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

/** What the shell that waits for the filter is told. */
export interface FilterNews {
  /** The nonce that, written twice, is the mark of the job's end. The masks are loaded. */
  ready(nonce: string): void;
  /** How many secrets have been prepared. */
  progress(secrets: number): void;
}

const PROGRESS_MS = 500;

/**
 * Masks the redirected log of a job (templates/secret-stash/template.yml). It announces when the masks are loaded, and ends at the job's own
 * mark, because background processes can hold the pipe open for ever.
 *
 * @param session `pipe`: the path of the pipe through which the log comes
 */
export function maskSessionLog(session: SessionSecrets & { pipe: string }, news: FilterNews): void {
  const needles = needlesOf(withProgress(readSecrets(session), news.progress));
  const nonce = randomBytes(16).toString("hex");
  news.ready(nonce);
  maskUntilMark(needles, `${nonce}:${nonce}\n`, session.pipe);
}

/** Thousands of certificates take seconds. As long as the shell sees progress, it waits. */
function* withProgress(secrets: readonly Secret[], report: (secrets: number) => void): Generator<Secret> {
  let next = performance.now() + PROGRESS_MS;
  for (const [index, secret] of secrets.entries()) {
    yield secret;
    if (performance.now() < next) continue;
    report(index + 1);
    next = performance.now() + PROGRESS_MS;
  }
}

function readSecrets({ keyDirectory, credentials }: SessionSecrets): Secret[] {
  return [...secretsOf(credentials), ...readKeptSecrets(keyDirectory)];
}
