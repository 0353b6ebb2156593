import * as v from "valibot";

/** A key's id. Above 2^53 a number would be rounded to the id of another key (RFC 8259 section 6). */
export const keyId = v.pipe(v.number(), v.safeInteger(), v.minValue(1));

// More keys, environments or applications than any account has. An answer full of them would take longer to go through than any timeout.
const MAX_LISTED = 10_000;

/** A list whose length is checked before its entries are. */
export function listOf<Entry extends v.GenericSchema>(entry: Entry) {
  return v.pipe(v.array(v.unknown()), v.maxLength(MAX_LISTED), v.array(entry));
}

/** Text that is only shown to people: if it is missing or malformed, the work goes on without it. */
export const optionalText = v.fallback(v.nullish(v.string()), undefined);
