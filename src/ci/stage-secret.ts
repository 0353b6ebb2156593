import { randomBytes } from "node:crypto";
import { readApiToken, usesBroker } from "../inputs/credentials.ts";
import type { Host } from "./host.ts";

// What the stages of a session share, to seal what one leaves for the next. With a token, it is the token, which no other step holds.
//
// With a key broker, no stage holds a secret of its own: any step of the job can ask for tokens as well. So it is a random text in the state, which
// the steps around this one cannot change once it is saved. The command of `run` could (docs/threat-model.md, "With a key broker").

type Stage = Pick<Host, "state" | "readInput" | "log">;

/** The states in which a secret is: that of pre, for main, and that of main, for post. */
const states = { preparation: "preparation-seal", session: "seal" } as const;

/**
 * The secret that this stage seals with. With a key broker, it is made and saved now, whatever was there: another step can have set a variable of
 * the state's name.
 *
 * @returns `""` if there are no credentials
 * @throws {StashError} `STATE_FAILED`
 */
export async function beginSeal(
  { state, readInput, log }: Stage,
  purpose: keyof typeof states,
): Promise<string> {
  if (!usesBroker(readInput)) return readApiToken(readInput);
  const secret = randomBytes(32).toString("base64url");
  await log.mask([secret]); // The runner prints states in its debug log.
  state.save(states[purpose], secret);
  return secret;
}

/** The secret that an earlier stage sealed with; `""` if there is none. */
export function readSeal({ state, readInput }: Omit<Stage, "log">, purpose: keyof typeof states): string {
  return usesBroker(readInput) ? state.read(states[purpose]) : readApiToken(readInput);
}
