import { expect, test } from "vitest";
import { checkNodeVersion } from "../../src/lib/node-version.ts";

test.each(["22.21.0", "22.22.3", "24.5.0", "24.21.0", "25.0.0", "26.1.0"])(
  "%s runs everything",
  (version) => {
    expect(checkNodeVersion(version)).toBe(version);
  },
);

test.each(["18.20.8", "20.20.2", "22.20.9", "23.11.0", "24.4.1"])(
  "%s is refused, with what to use",
  (version) => {
    expect(() => checkNodeVersion(version)).toThrow(
      /too old.*Use Node 24\.5 or later, or 22\.21 or later of Node 22\./,
    );
  },
);
