import type { Log } from "../ci/host.ts";
import type { Credentials } from "../inputs/credentials.ts";
import { listNames } from "../lib/printable.ts";
import type { Secret } from "../lib/secret.ts";
import { runnerMasks } from "../redact/runner-masks.ts";
import { type Masking, namesMaskingOrdinaryText, partlyMasked } from "../select/masking.ts";

// Members of a JWK such as "RSA-OAEP" or "AQAB" are not secret. Its private numbers are far longer.
const MIN_KEY_PART = 20;

/** The token and the grant key, as far as they were given. */
export function secretsOf({ apiToken, grantKey }: Credentials): Secret[] {
  const credentials = [
    { name: "api-token", value: apiToken },
    { name: "grant-key", value: grantKey?.text ?? "" },
  ];
  return credentials.filter(({ value }) => value !== "");
}

/** Masks the token and the grant key, which no later step holds. Call it before anything else is said, because a mistake in another input may be about to be printed. */
export async function maskCredentials(log: Log, { apiToken, grantKey }: Credentials): Promise<void> {
  await log.mask(
    runnerMasks([apiToken, grantKey?.text ?? ""], { minLeaf: MIN_KEY_PART, isHeldByJob: false }),
  );
}

/**
 * Masks the values, and says which ones are not masked and what that means for the log.
 *
 * @param referredTo values that are part of others by reference
 * @param json the output `json`, or `""`
 * @returns every value that is masked
 */
export async function maskValues(
  log: Log,
  masking: Masking,
  referredTo: readonly string[],
  json: string,
): Promise<Secret[]> {
  const masked = [...masking.masked.values(), ...referredTo];
  await log.mask(runnerMasks(masked));
  // Of the JSON output only the whole: its leaves are the values, and whether those are masked was decided above.
  if (json !== "")
    await log.mask(runnerMasks([json], { minLeaf: Number.POSITIVE_INFINITY, isHeldByJob: false }));

  if (masking.unmasked.size > 0) {
    log.notice(`Not masked, as requested: ${listNames([...masking.unmasked.keys()])}.`);
  }
  const ordinary = namesMaskingOrdinaryText(masking);
  if (ordinary.length > 0) {
    log.notice(
      `${listNames(ordinary)}: the value is ordinary text, and every occurrence of it in the log becomes ***. ` +
        "If it is not secret, add the name to unmasked.",
    );
  }
  const partly = partlyMasked(masking, runnerMasks(masked));
  if (partly.length > 0) {
    log.warn(
      `${listNames(partly)}: not masked, but the value contains a masked value, or one in another form. That part appears as *** in the log.`,
    );
  }
  return [
    ...Array.from(masking.masked, ([name, value]) => ({ name, value })),
    ...referredTo.map((value) => ({ name: "a variable that others refer to", value })),
  ];
}
