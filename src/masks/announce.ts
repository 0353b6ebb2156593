import type { Log } from "../ci/host.ts";
import type { Credentials } from "../inputs/credentials.ts";
import { errorsPage } from "../lib/errors.ts";
import { listNames, printable } from "../lib/printable.ts";
import type { Secret } from "../lib/secret.ts";
import { createMatcher } from "../redact/matcher.ts";
import { runnerMasks } from "../redact/runner-masks.ts";
import { jsonLeaves } from "../redact/value-parts.ts";
import { type Masking, namesMaskingOrdinaryText } from "../select/masking.ts";
import type { Values } from "../variables/decrypt.ts";

// Members of a JWK such as "RSA-OAEP" or "AQAB" are not secret. Its private numbers are far longer.
const MIN_KEY_PART = 20;

/** The secrets among the inputs, as far as they were given. */
export function secretsOf({ apiToken, idToken, grantKey, approvalWebhook }: Credentials): Secret[] {
  const credentials = [
    { name: "api-token", value: apiToken },
    { name: "id-token", value: idToken },
    { name: "grant-key", value: grantKey?.text ?? "" },
    { name: "approval-webhook", value: approvalWebhook },
  ];
  return credentials.filter(({ value }) => value !== "");
}

/** Masks the secrets among the inputs, which no later step holds. Call it before anything else is said, because a mistake in another input may be about to be printed. */
export async function maskCredentials(log: Log, credentials: Credentials): Promise<void> {
  const values = secretsOf(credentials).map(({ value }) => value);
  await log.mask(runnerMasks(values, { minLeaf: MIN_KEY_PART, isHeldByJob: false }));
}

/**
 * What is masked besides the values: the content of files, values as they are stored in quotes, and values that are part of others by
 * reference.
 *
 * @param shown the contents of files
 */
export function otherForms(
  { quoted, referredTo }: Pick<Values, "quoted" | "referredTo">,
  shown: readonly Secret[],
  { masked }: Masking,
  { minMaskLength }: { minMaskLength: number },
): Secret[] {
  const stored = Array.from(quoted, ([name, value]) => ({ name, value }));
  const ofMasked = [...stored, ...shown].filter(({ name }) => masked.has(name));
  const longEnough = referredTo.filter((value) => value.length >= minMaskLength);
  return [...ofMasked, ...longEnough.map((value) => ({ name: "a variable that others refer to", value }))];
}

// The runner also masks encodings, which of three characters are four long. Anything longer is in an address by chance only if it is a word.
const SHORT = 3;

/**
 * Whether masking these values would break the address of our help, or a date.
 *
 * @param date such as the one that messages hold
 */
export function breaksDetails({ masked }: Masking, others: readonly Secret[], date: string): boolean {
  const breaks = (text: string) => text !== "" && (errorsPage.includes(text) || date.includes(text));
  return [...masked.values(), ...others.map(({ value }) => value)].some((value) => {
    const text = value.trim();
    return (text !== "" && text.length <= SHORT) || partsOf(text).some(breaks);
  });
}

/** What of a value is masked by itself on some system: the value, its lines, the leaves of JSON. */
function partsOf(value: string): string[] {
  const text = value.trim();
  return [text, ...text.split(/[\r\n]+/).map((line) => line.trim()), ...jsonLeaves(text, SHORT + 1)];
}

/**
 * Masks the values. Says before, while no mask can break it, which ones are not masked, and what that means for the log.
 *
 * @param others what else is masked
 * @param json the output `json`, or `""`
 * @returns every value that is masked
 */
export async function maskValues(
  log: Log,
  masking: Masking,
  others: readonly Secret[],
  json: string,
): Promise<Secret[]> {
  const texts = others.filter(({ form }) => form === undefined);
  const masked = [...masking.masked.values(), ...texts.map(({ value }) => value)];
  if (masking.unmasked.size > 0) {
    log.notice(`Not masked, as requested: ${listNames([...masking.unmasked.keys()])}.`);
  }
  const ordinary = namesMaskingOrdinaryText(masking, (value) => jsonLeaves(value, SHORT + 1));
  if (ordinary.length > 0) {
    log.notice(
      `${listNames(ordinary)}: the value is ordinary text, and every occurrence of it in the log becomes ***. ` +
        // Whole, however long it is: it is to be pasted.
        `If it is not secret, add this line: unmasked: ${[...masking.patterns, ...ordinary].map((name) => printable(name)).join(", ")}`,
    );
  }
  const partly = masking.unmasked.size === 0 ? [] : partlyMasked(masking, runnerMasks(masked));
  if (partly.length > 0) {
    log.warn(
      `${listNames(partly)}: not masked, but the value contains a masked value, or one in another form. That part appears as *** in the log.`,
    );
  }
  await log.mask(runnerMasks(masked));
  const exact = others.filter(({ form }) => form === "exact").map(({ value }) => value);
  await log.mask(runnerMasks(exact, { isHeldByJob: false }));
  // Of the JSON output only the whole: its leaves are the values, and whether those are masked was decided above.
  if (json !== "")
    await log.mask(runnerMasks([json], { minLeaf: Number.POSITIVE_INFINITY, isHeldByJob: false }));
  return [...Array.from(masking.masked, ([name, value]) => ({ name, value })), ...others];
}

/** Unmasked names whose value contains one of the masks, or a line of one, so that this part is hidden anyway. */
export function partlyMasked({ unmasked }: Masking, masks: Iterable<string>): string[] {
  const lines = [...masks].flatMap((mask) => mask.split(/[\r\n]+/)).filter((line) => line.trim() !== "");
  const matcher = createMatcher(lines);
  return [...unmasked]
    .filter(([, value]) => matcher.find(Buffer.from(value)).length > 0)
    .map(([name]) => name);
}
