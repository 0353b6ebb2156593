import fc from "fast-check";

// The characters that quoting, escaping, commenting and line splitting turn on, and a few that only look like them.
const hostile = [
  ..."'\"\\`$#={}()[]!%;&|<>*?~^-+,.:/@ \t\n\rnrtaZ09_",
  "\u0085",
  "\u00a0",
  "\u2028",
  "\u2029",
  "\ufeff",
  "é",
  "🌍",
];

/** Text that tests the seams of a format: a small alphabet in which quotes, escapes and line breaks meet often. */
export const hostileText = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: fc.constantFrom(...hostile), maxLength: 12 }) },
  {
    weight: 1,
    arbitrary: fc
      .string({ unit: "binary", maxLength: 30 })
      .map((text) => text.toWellFormed().replaceAll("\0", "")),
  },
  {
    weight: 1,
    arbitrary: fc.string({ unit: "grapheme", maxLength: 30 }).map((text) => text.replaceAll("\0", "")),
  },
);

/** Cases for each property: 1,000, unless `PROPERTY_RUNS` asks for more. */
export const propertyRuns = Number(process.env.PROPERTY_RUNS ?? 1000);
