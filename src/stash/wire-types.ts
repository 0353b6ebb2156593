import * as v from "valibot";

/** A key's id. Above 2^53 a number would be rounded to the id of another key (RFC 8259 section 6). */
export const keyId = v.pipe(v.number(), v.safeInteger(), v.minValue(1));

/** Text that is only shown to people: if it is missing or malformed, the work goes on without it. */
export const optionalText = v.fallback(v.nullish(v.string()), undefined);
