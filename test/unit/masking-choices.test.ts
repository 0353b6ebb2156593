import { expect, test } from "vitest";
import { partlyMasked } from "../../src/masks/announce.ts";
import { chooseMasked, namesMaskingOrdinaryText } from "../../src/select/masking.ts";

const choose = (values: Record<string, string>, unmasked: string[] = [], minMaskLength = 0) =>
  chooseMasked(new Map(Object.entries(values)), { unmasked, minMaskLength });

test("everything is masked except what unmasked names or matches, and what is too short", () => {
  const values = { NODE_ENV: "testing", APP_URL: "https://x", TOKEN: "s3cr3t", PIN: "123" };
  expect([...choose(values).unmasked.keys()]).toEqual([]);
  expect([...choose(values, ["NODE_ENV", "*_URL"]).unmasked.keys()]).toEqual(["NODE_ENV", "APP_URL"]);
  expect([...choose(values, [], 4).unmasked.keys()]).toEqual(["PIN"]);
});

test("an empty value is neither masked nor announced as shown", () => {
  const { masked, unmasked } = choose({ EMPTY: "" }, ["EMPTY"], 5);
  expect([masked.size, unmasked.size]).toEqual([0, 0]);
});

test("masks of ordinary text are named: words, small numbers, single characters", () => {
  const values = {
    A: "true",
    B: "1",
    C: "test",
    D: "{",
    E: "Production",
    F: "443",
    G: "s3cr3t",
    H: "",
    I: "🔐",
  };
  expect(namesMaskingOrdinaryText(choose(values))).toEqual(["A", "B", "C", "D", "E", "F", "I"]);
});

test("an unmasked value that contains a masked one is named", () => {
  const values = { URL: "https://host/s3cr3t/x", OTHER: "nothing here", TOKEN: "s3cr3t", EMPTY: "" };
  const masks = new Set(["s3cr3t", "x", "czNjcjN0"]);
  expect(partlyMasked(choose(values, ["URL", "OTHER"]), masks)).toEqual(["URL"]);
  expect(partlyMasked(choose({ A: "pre czNjcjN0 post", B: "s3cr3" }, ["*"]), masks)).toEqual(["A"]);
});

test("looking for parts that are hidden takes time in proportion to the text, whatever the masks have in common", () => {
  const masks = Array.from({ length: 60 }, (_, index) => `${"a".repeat(400)}${index}`);
  const values = { LONG: "a".repeat(400_000), TOKEN: "s3cr3t" };
  expect(partlyMasked(choose(values, ["LONG"]), masks)).toEqual([]);
});

test("nobody is told that a password is an ordinary word, but that there is none", () => {
  const values = {
    ADMIN_PASSWORD: "admin",
    PIN: "042",
    REDIS_PASSWORD: "null",
    SPINNER: "on",
    USER: "admin",
  };
  expect(namesMaskingOrdinaryText(choose(values))).toEqual(["REDIS_PASSWORD", "SPINNER", "USER"]);
});
