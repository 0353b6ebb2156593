import { holdsKey, splitGrantKey } from "../crypto/grant-key.ts";
import { listNames } from "../lib/errors.ts";
import type { Host } from "../ci/host.ts";
import type { Inputs } from "../inputs/inputs.ts";
import { runnerMasks } from "../redact/runner-masks.ts";
import { chooseMasked, masksOfOrdinaryText, partlyMasked } from "../select/masking.ts";
import type { Secret } from "../lib/secret.ts";
import type { Values } from "../variables/decrypt.ts";

// Members of a JWK such as "RSA-OAEP" or "AQAB" are no secrets; its private numbers are far longer.
const MIN_KEY_PART = 20;
// A path is shorter, and masking one would only hide where it points.
const MIN_MANGLED_KEY = 256;

/** The token and the key of the grant key, as far as they are given. */
export function credentialsOf(host: Host): Secret[] {
  const key = splitGrantKey(host.readInput("grant-key")).key.trim();
  const isKey = holdsKey(key) || key.length >= MIN_MANGLED_KEY;
  const credentials = [
    { name: "api-token", value: host.readInput("api-token").trim() },
    { name: "grant-key", value: isKey ? key : "" },
  ];
  return credentials.filter(({ value }) => value !== "");
}

/** Before anything else is said: a mistake in any other input may be about to be printed. */
export async function maskCredentials(host: Host): Promise<void> {
  await host.mask(runnerMasks([host.readInput("api-token").trim()]));
  const key = splitGrantKey(host.readInput("grant-key")).key;
  if (holdsKey(key) || key.length >= MIN_MANGLED_KEY) await maskGrantKey(host, key);
}

export async function maskGrantKey(host: Host, key: string): Promise<void> {
  await host.mask(runnerMasks([key.trim()], { minLeaf: MIN_KEY_PART }));
}

/**
 * Masks everything that was decrypted but what the workflow lets be seen, and says what that is.
 *
 * @returns the values that are masked
 */
export async function maskValues(
  host: Host,
  { unmasked, minMaskLength }: Inputs,
  values: Values,
  json = "",
): Promise<Secret[]> {
  const masking = chooseMasked(values.variables, { unmasked, minLength: minMaskLength });
  const referredTo = values.referredTo.filter((value) => value.length >= minMaskLength);
  const masked = [...masking.masked.values(), ...referredTo];
  await host.mask(runnerMasks(masked));
  // The JSON output as a whole alone: its leaves are the values, masked or not as was decided above.
  if (values.variables.size > 0) await host.mask(runnerMasks([json], { minLeaf: Number.POSITIVE_INFINITY }));

  if (masking.unmasked.size > 0) {
    host.notice(`Not masked, as asked: ${listNames([...masking.unmasked.keys()])}.`);
  }
  const ordinary = masksOfOrdinaryText(masking);
  if (ordinary.length > 0) {
    host.notice(
      `${listNames(ordinary)}: the value is ordinary text, and all of it in the log becomes ***. ` +
        "If it is no secret, add the name to unmasked.",
    );
  }
  const partly = partlyMasked(masking, runnerMasks(masked));
  if (partly.length > 0) {
    host.warn(
      `${listNames(partly)}: not masked, but holds a masked value, or a form of one; that part stays hidden.`,
    );
  }
  return [
    ...Array.from(masking.masked, ([name, value]) => ({ name, value })),
    ...referredTo.map((value) => ({ name: "a variable that others refer to", value })),
  ];
}
