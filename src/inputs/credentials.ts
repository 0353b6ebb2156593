import { resolve } from "node:path";
import { holdsKey, splitGrantKey } from "../crypto/grant-key.ts";
import { StashError, systemCode } from "../lib/errors.ts";
import { readNamedFile } from "../lib/safe-file.ts";
import type { InputName } from "./defaults.ts";

/** What a session was given to identify itself with. Held in memory until the process ends, and never written anywhere. */
export interface Credentials {
  /** empty if none was given */
  apiToken: string;
  grantKey: GrantKeyInput | undefined;
  /** the input `id-token`: says who the job is, to a key broker */
  idToken: string;
  /** the input `approval-webhook`: whoever knows such an address can write to the channel behind it */
  approvalWebhook: string;
}

/** The input `grant-key`, with the text of the file if it was given as a path. */
export interface GrantKeyInput {
  /** the id under which the service knows the key, if it was given (`17:KEY`) */
  id: number | undefined;
  /** the key in any form that `readGrantKey` reads; empty if there is none to hide */
  text: string;
  /** set if the input is neither a key nor the path of a readable file */
  error: StashError | undefined;
}

// A longer text is not a path, but a key that was mangled on its way here. Masking a real path would only hide where it points.
const MIN_MANGLED_KEY = 256;

const MAX_KEY_FILE = 1024 * 1024;

/**
 * Reads the secrets among the inputs, in one place, so that everything that hides them knows of both. Never throws: a grant key that
 * cannot be used is reported when it is needed.
 *
 * @param workspace where a relative path starts
 */
export function readCredentials(given: (name: InputName) => string, workspace: string): Credentials {
  const grantKey = given("grant-key").trim();
  return {
    apiToken: readApiToken(given),
    idToken: given("id-token").trim(),
    grantKey: grantKey === "" ? undefined : readGrantKeyInput(grantKey, workspace),
    approvalWebhook: given("approval-webhook").trim(),
  };
}

/** @returns the token, or `""` if none was given */
export function readApiToken(given: (name: InputName) => string): string {
  return given("api-token").trim();
}

/** Whether a key broker is to give access, and not a token and a key of the job's own. */
export function usesBroker(given: (name: InputName) => string): boolean {
  return given("broker-url").trim() !== "";
}

/** Whether a run without credentials is to end well. */
export function skipsWithoutCredentials(given: (name: InputName) => string): boolean {
  return given("on-missing-credentials").trim() === "skip";
}

function readGrantKeyInput(given: string, workspace: string): GrantKeyInput {
  const { id, key } = splitGrantKey(given);
  const text = key.trim();
  if (holdsKey(text)) return { id, text, error: undefined };
  try {
    const bytes = readNamedFile(resolve(workspace, text), MAX_KEY_FILE);
    return { id, text: bytes.toString("utf8").trim(), error: undefined };
  } catch (cause) {
    return { id, text: text.length >= MIN_MANGLED_KEY ? text : "", error: unreadable(cause) };
  }
}

/** The message does not hold the path: what was taken for a path may be a mangled key. */
function unreadable(cause: unknown): StashError {
  return new StashError(
    "GRANT_KEY_UNREADABLE",
    `grant-key is neither a key nor the path of a readable file (${systemCode(cause)}). Set it to a private key in PEM format, ` +
      "base64 of PEM, a recovery share (SSREC1-…), a JWK, or the path of a file that holds one of these.",
    { cause },
  );
}
