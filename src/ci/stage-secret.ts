import { randomBytes } from "node:crypto";
import { readApiToken, usesBroker } from "../inputs/credentials.ts";
import type { Host } from "./host.ts";

const STATE = "seal";

/**
 * What the stages of a session share, to seal what one leaves for the next. With a token, it is the token, which no other step holds.
 *
 * With a key broker, no stage holds a secret of its own: any step of the job can ask for tokens as well. So it is a random text in the state, which
 * the steps around this one cannot change. The command of `run` could (docs/threat-model.md, "With a key broker").
 *
 * @param isFirst whether this stage begins the session, and so makes what is not there yet
 * @returns `""` if there is none
 * @throws {StashError} `STATE_FAILED`
 */
export function stageSecretOf(
  { state, readInput }: Pick<Host, "state" | "readInput">,
  isFirst: boolean,
): string {
  if (!usesBroker(readInput)) return readApiToken(readInput);
  const saved = state.read(STATE);
  if (saved !== "" || !isFirst) return saved;
  const secret = randomBytes(32).toString("base64url");
  state.save(STATE, secret);
  return secret;
}
