import * as v from "valibot";

/** Beyond 2^53 a number is rounded to another key's id (RFC 8259 section 6). */
export const keyId = v.pipe(v.number(), v.safeInteger(), v.minValue(1));

/** Text that is told for people alone: without it, or with something odd in its place, the work goes on. */
export const optionalText = v.fallback(v.nullish(v.string()), undefined);
